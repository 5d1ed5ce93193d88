#!/usr/bin/env node
/**
 * sign(null, digest, key) of node:crypto does not sign a digest as it is, where the key is one of ECDSA or RSA: it signs its SHA-256.
 *
 * Guess:   without an algorithm nothing is hashed, as with Ed25519, so a digest that is there already is signed with ECDSA by
 *          `sign(null, digest, key)`, and `verify('sha384', content, …)` takes the signature; so many answers on the web say.
 * Is:      OpenSSL puts the default hash of the key's type in the place of none: SHA-256, on P-384 and P-521, too. The signature is one
 *          over the digest as content, and nobody else takes it for one over the content. Node has no ECDSA over a digest at all:
 *          `privateEncrypt` refuses keys on curves, and Web Cryptography always hashes. RSA has one by `privateEncrypt`.
 * Version: Node 26.10.0 with OpenSSL 3.5.
 * Source:  Node, doc/api/crypto.md, crypto.sign: "If algorithm is null or undefined, then the algorithm is dependent upon the key type";
 *          OpenSSL, EVP_DigestSignInit(3): "if type is NULL, the default digest".
 * Who:     whoever signs what a device or another service has hashed; both sides by Node agree with each other, so tests find nothing.
 *
 *   node findings/node-sign-null-digest.mjs
 */
import { createHash, generateKeyPairSync, privateEncrypt, sign, verify } from 'node:crypto';

const content = Buffer.from('attack at dawn');

const signatures = ['P-256', 'P-384', 'P-521'].map((namedCurve) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const hash = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' }[namedCurve] ?? '';
  const digest = createHash(hash).update(content).digest();
  const signature = sign(null, digest, privateKey);
  const found = { ofContent: verify(hash, content, publicKey, signature), ofDigestHashed: verify('sha256', digest, publicKey, signature) };
  console.log(`${namedCurve}: over the content ${found.ofContent}, over the SHA-256 of its digest ${found.ofDigestHashed}`);
  return found;
});

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let refusal = null;
try {
  privateEncrypt(privateKey, Buffer.alloc(32));
} catch (error) {
  refusal = error;
}
console.log(`privateEncrypt with a key on a curve: ${refusal === null ? 'works' : 'is refused'}`);

const isAsFound = refusal !== null && signatures.every(({ ofContent, ofDigestHashed }) => !ofContent && ofDigestHashed);
console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
process.exitCode = isAsFound ? 0 : 1;

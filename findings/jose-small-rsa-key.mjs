#!/usr/bin/env node
/**
 * A token that an issuer signed with an RSA key of less than 2048 bits makes jwtVerify of jose throw a plain TypeError, no error of jose.
 *
 * Guess:   whatever is wrong with a token, or with the key of a JWK Set that it names, is a JOSEError with a `code`, as an unknown `kid`, a
 *          wrong signature and an algorithm that is not allowed are; so `error instanceof errors.JOSEError` parts "401: the token is
 *          refused" from "500: we are broken".
 * Is:      the length of the key is looked at while the signature is verified, and told by a TypeError without a `code`. One short key in
 *          the JWK Set of an issuer turns each token that it signs into a 500 of the resource server. The same key is taken without a word
 *          when the JWK Set is made.
 * Version: jose 6.2.17.
 * Source:  jose, docs/util/errors, lists the errors and not this; RFC 7518 section 3.3: "a key of size 2048 bits or larger MUST be used".
 * Who:     resource servers that verify tokens of issuers whose keys are old: appliances, test issuers, on-premises directories. What works:
 *          drop such keys when the JWK Set is read, so that the token names a key that is not there.
 *
 *   node findings/jose-small-rsa-key.mjs
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const folder = mkdtempSync(join(tmpdir(), 'jose-rsa-'));
try {
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, 'jose@6.2.17'], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const { createLocalJWKSet, errors, jwtVerify } = await import(pathToFileURL(load.resolve('jose')).href);
  console.log(`jose 6.2.17, Node ${process.version}`);

  /** What comes of a token that a key of so many bits signed, with that key in the JWK Set. */
  const outcome = async (bits, { kid = 'one', named = kid } = {}) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
    const input = `${base64url({ alg: 'RS256', kid: named })}.${base64url({ sub: 'client-1' })}`;
    const token = `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    const keys = createLocalJWKSet({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256' }] });
    return jwtVerify(token, keys).then(
      () => 'verified',
      (error) => `${error.name}, code ${error.code ?? 'none'}, ${error instanceof errors.JOSEError ? 'a' : 'no'} JOSEError`,
    );
  };

  const seen = {
    'a key of 2048 bits': await outcome(2048),
    'a key that is not there': await outcome(2048, { named: 'other' }),
    'a key of 1024 bits': await outcome(1024),
  };
  for (const [what, came] of Object.entries(seen)) console.log(`${what}: ${came}`);
  const isAsFound =
    seen['a key of 2048 bits'] === 'verified' &&
    seen['a key that is not there'].endsWith(', a JOSEError') &&
    seen['a key of 1024 bits'] === 'TypeError, code none, no JOSEError';
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

import { randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, exportJWK, generateKeyPair, generateSecret, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createReadDpopProof, type ProofRules } from '#kms/access/bindings/dpop-proof.ts';
import { type DpopKey, dpopKey } from '#test/kms/support/dpop.ts';

const NOW = 1_800_000_000_000;
const seconds = (from: number): number => NOW / 1000 + from;
const token = `token-${randomUUIDv7()}`;
const url = 'https://kms.example:8081/service/api/v1/elastic-keys';
const rules: ProofRules = { token, method: 'GET', url, now: NOW, maxAgeSeconds: 60, clockSkewSeconds: 5 };

let key: DpopKey;
beforeAll(async () => {
  key = await dpopKey('ES256', () => NOW);
});
const readDpopProof = createReadDpopProof();
const read = (proof: string, more: Partial<ProofRules> = {}) => readDpopProof(proof, { ...rules, ...more });
const made = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) => key.proof({ token, url }, { claims, header });
const refused = async (proof: string, more: Partial<ProofRules> = {}): Promise<string> => {
  const answer = await read(proof, more);
  return 'refused' in answer ? answer.refused : 'taken';
};

describe('a DPoP proof', () => {
  it('is taken with its thumbprint and its id, by every algorithm of ours', async () => {
    for (const alg of ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']) {
      const other = await dpopKey(alg, () => NOW);
      const jti = randomUUIDv7();
      const proof = await other.proof({ token, url }, { claims: { jti, nonce: 'n' } });
      expect(await read(proof)).toEqual({ proof: { thumbprint: other.jkt, id: jti, nonce: 'n' } });
    }
  });

  it('is for its URL whatever query and fragment it names, and however host and port are written', async () => {
    for (const htu of [`${url}?a=b`, `${url}#part`, url.replace('kms.example', 'KMS.Example')])
      expect(await refused(await made({ htu }))).toBe('taken');
    const usual = 'https://kms.example/x';
    expect(await refused(await made({ htu: 'https://kms.example:443/x' }), { url: usual })).toBe('taken');
  });

  it('may be as old as the configuration says, and as far ahead as clocks may differ', async () => {
    for (const from of [-65, -60, 0, 5]) expect(await refused(await made({ iat: seconds(from) }))).toBe('taken');
    expect(await refused(await made({ iat: seconds(-66) }))).toBe('The DPoP proof is too old');
    expect(await refused(await made({ iat: seconds(6) }))).toBe('The DPoP proof was made in the future');
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['for another method', { htm: 'POST' }, /another method/],
    ['for a method in small letters', { htm: 'get' }, /another method/],
    ['without method', { htm: undefined }, /claim htm/],
    ['for another path', { htu: `${url}/x` }, /another URL/],
    ['for a path that ends with a slash', { htu: `${url}/` }, /another URL/],
    ['for another host', { htu: url.replace('kms.example', 'kms.attacker.example') }, /another URL/],
    ['for another port', { htu: url.replace('8081', '8082') }, /another URL/],
    ['for the host as a user', { htu: url.replace('https://', 'https://kms.example@') }, /another URL/],
    ['for http', { htu: url.replace('https', 'http') }, /another URL/],
    ['for a relative URL', { htu: '/service/api/v1/elastic-keys' }, /another URL/],
    ['for no URL', { htu: undefined }, /claim htu/],
    ['for an URL that is a list', { htu: [url] }, /claim htu/],
    ['for another token', { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' }, /another token/],
    ['for no token', { ath: undefined }, /claim ath/],
    ['without id', { jti: undefined }, /claim jti/],
    ['with an empty id', { jti: '' }, /claim jti/],
    ['with an id of 513 characters', { jti: 'j'.repeat(513) }, /claim jti/],
    ['without time', { iat: undefined }, /claim iat/],
    ['whose time is text', { iat: '1800000000' }, /cannot be read|claim iat/],
    ['whose time is a negative number', { iat: -1 }, /claim iat/],
    ['whose nonce is a number', { nonce: 1 }, /claim nonce/],
    ['that has expired by its own words', { exp: seconds(-120) }, /cannot be read/],
  ])('is refused that is %s', async (_, claims, why) => {
    expect(await refused(await made(claims))).toMatch(why);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['typ JWT', { typ: 'JWT' }, /typ of the DPoP proof/],
    ['no typ', { typ: undefined }, /typ of the DPoP proof/],
    ['the typ of an access token', { typ: 'at+jwt' }, /typ of the DPoP proof/],
    ['no key', { jwk: undefined }, /no public key/],
    ['a key that is a text', { jwk: 'key' }, /no public key/],
    ['a key off its curve', { jwk: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } }, /no public key/],
    ['a critical header that nobody knows', { crit: ['urn:unknown'], 'urn:unknown': true }, /cannot be read/],
  ])('is refused whose header has %s', async (_, header, why) => {
    const { privateKey, jwk } = key;
    const proof = await new SignJWT(JSON.parse(Buffer.from((await made()).split('.')[1] ?? '', 'base64url').toString()) as object as never)
      .setProtectedHeader(JSON.parse(JSON.stringify({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })) as never)
      .sign(privateKey, { crit: { 'urn:unknown': true } });
    expect(await refused(proof)).toMatch(why);
  });

  it('is refused that shows a private key', async () => {
    const jwk = await exportJWK(key.privateKey);
    expect(jwk.d).toBeDefined();
    expect(await refused(await made({}, { jwk }))).toMatch(/no public key/);
  });

  it('is refused that is signed by another key than it shows', async () => {
    const other = await dpopKey('ES256', () => NOW);
    expect(await refused(await made({}, { jwk: other.jwk }))).toBe('The signature of the DPoP proof is wrong');
  });

  it('is refused with a symmetric key, with an RSA key, and unsigned', async () => {
    const payload = JSON.parse(Buffer.from((await made()).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
    const secret = await generateSecret('HS256', { extractable: true });
    const rsa = await generateKeyPair('PS256', { extractable: true });
    const symmetric = new SignJWT(payload).setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: await exportJWK(secret) });
    const large = new SignJWT(payload).setProtectedHeader({ alg: 'PS256', typ: 'dpop+jwt', jwk: await exportJWK(rsa.publicKey) });
    expect(await refused(await symmetric.sign(secret))).toMatch(/is none of ES256/);
    expect(await refused(await large.sign(rsa.privateKey))).toMatch(/is none of ES256/);
    const none = new UnsecuredJWT(payload).encode();
    expect(await refused(none)).not.toBe('taken');
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'dpop+jwt', jwk: key.jwk })).toString('base64url');
    expect(await refused(`${header}.${none.split('.')[1]}.`)).not.toBe('taken');
  });

  it('is refused that is longer than any, before it is read', async () => {
    expect(await refused(await made({ more: 'm'.repeat(4_096) }))).toBe('The DPoP proof is longer than any');
  });

  it('is refused with bits, padding or a payload that are not canonical', async () => {
    const proof = await made();
    const stray = `${proof.slice(0, -1)}${String.fromCharCode((proof.at(-1) ?? 'A').charCodeAt(0) + 1)}`;
    for (const other of [`${proof}=`, stray, `${proof}.x`, proof.replace('.', '..')]) expect(await refused(other)).not.toBe('taken');
    const text = await new CompactSign(Buffer.from('no JSON'))
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk as never })
      .sign(key.privateKey);
    expect(await refused(text)).toMatch(/cannot be read/);
  });

  it('is refused for a request that came under a name that is none of this service', async () => {
    expect(await refused(await made(), { url: null })).toMatch(/name that is none/);
  });

  it('is refused when any character of it is another', async () => {
    const proof = await made();
    await fc.assert(
      fc.asyncProperty(fc.nat(proof.length - 1), fc.constantFrom(...'ABab01-_.='), async (position, character) => {
        fc.pre(proof[position] !== character);
        expect(await refused(`${proof.slice(0, position)}${character}${proof.slice(position + 1)}`)).not.toBe('taken');
      }),
      { numRuns: 200 },
    );
  });

  it('is refused, and nothing is thrown, whatever text stands in its place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.base64String(), fc.base64String(), fc.base64String()).map((parts) => parts.join('.')),
        ),
        async (text) => {
          expect(await refused(text)).not.toBe('taken');
        },
      ),
      { numRuns: 200 },
    );
  });
});

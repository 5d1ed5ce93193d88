import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { readTokenKey, TOKEN_ALGORITHMS, type TokenAlgorithm } from '#kms/access/federation/algorithms.ts';

const publicJwk = async (algorithm: string): Promise<JWK> => exportJWK((await generateKeyPair(algorithm, { extractable: true })).publicKey);

const algorithmOf = async (jwk: JWK, allowed: readonly TokenAlgorithm[]) => (await readTokenKey(jwk, allowed))?.algorithm;

const rsa = (modulusLength: number, publicExponent = 65_537): JWK =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }) as JWK;

describe('A key of an issuer', () => {
  it.each(TOKEN_ALGORITHMS)('verifies %s where that is allowed, and nothing where it is not', async (algorithm) => {
    const jwk = await publicJwk(algorithm);
    expect(await algorithmOf({ ...jwk, alg: algorithm }, TOKEN_ALGORITHMS)).toBe(algorithm);
    expect(await algorithmOf(jwk, [algorithm])).toBe(algorithm);
    const others = TOKEN_ALGORITHMS.filter((each) => each !== algorithm);
    expect(await algorithmOf({ ...jwk, alg: algorithm }, others)).toBeUndefined();
  });

  it('of RSA without alg is taken where one algorithm of RSA is allowed, and where two are it is none', async () => {
    const jwk = await publicJwk('RS256');
    expect(await algorithmOf(jwk, ['ES256', 'PS256'])).toBe('PS256');
    expect(await algorithmOf(jwk, ['RS256', 'PS256'])).toBeUndefined();
    expect(await algorithmOf({ ...jwk, alg: 'RS256' }, ['RS256', 'PS256'])).toBe('RS256');
  });

  it('is none when it is symmetric, weak, for encryption, or says another algorithm than its form', async () => {
    const good = await publicJwk('RS256');
    const secret = { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA', alg: 'HS256' };
    const wrong: readonly JWK[] = [
      secret,
      { ...secret, alg: 'RS256' },
      rsa(1_024),
      rsa(2_048, 3),
      { ...good, use: 'enc' },
      { ...good, key_ops: ['sign'] },
      { ...good, alg: 'ES256' },
      { ...good, alg: 'none' },
      { kty: 'OKP', crv: 'X25519', x: good.n ?? '' },
    ];
    for (const jwk of wrong) expect(await algorithmOf(jwk, ['RS256', 'ES256', 'EdDSA'])).toBeUndefined();
    expect(await algorithmOf(good, ['RS256', 'ES256', 'EdDSA'])).toBe('RS256');
  });

  it('is taken over without its private part', async () => {
    const { privateKey } = await generateKeyPair('PS256', { extractable: true });
    expect((await readTokenKey(await exportJWK(privateKey), ['PS256']))?.key.type).toBe('public');
  });
});

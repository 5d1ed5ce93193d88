import { randomUUIDv7 } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { verifyIdToken } from '#kms/access/code-flow/id-token.ts';
import type { VerificationKey } from '#kms/access/tokens/jwks-cache.ts';

const NOW = Date.UTC(2031, 0, 1);
const SECONDS = NOW / 1_000;
const [ISSUER, CLIENT, NONCE, SUBJECT] = ['https://id.example', 'passthru-kms', randomUUIDv7(), randomUUIDv7()];
const CLAIMS = { iss: ISSUER, aud: CLIENT, sub: SUBJECT, nonce: NONCE, iat: SECONDS, exp: SECONDS + 3_600 };

describe('An ID token', () => {
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  let other: Awaited<ReturnType<typeof generateKeyPair>>;
  let published: VerificationKey;
  beforeAll(async () => {
    [pair, other] = await Promise.all([generateKeyPair('ES256', { extractable: true }), generateKeyPair('ES256', { extractable: true })]);
    const key = (await importJWK({ ...(await exportJWK(pair.publicKey)) } as JWK, 'ES256')) as VerificationKey['key'];
    published = { algorithm: 'ES256', key, signsUntil: null };
  });

  const verify = async (token: string, key: VerificationKey | undefined = published): Promise<string> => {
    const rules = { issuer: ISSUER, algorithms: ['ES256'] as const, clockSkewSeconds: 5 };
    return verifyIdToken(token, { rules, clientId: CLIENT, nonce: NONCE, jwks: { key: async () => key }, now: () => NOW }).catch(
      (error: unknown) => {
        if (error instanceof AppError) return `${error.status} ${error.code}`;
        throw error;
      },
    );
  };
  const signed = (change: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}, by = pair) =>
    new SignJWT(JSON.parse(JSON.stringify({ ...CLAIMS, ...change })) as Record<string, unknown>)
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(by.privateKey);

  it('that is good says who logged in', async () => {
    expect(await verify(await signed())).toBe(SUBJECT);
    expect(await verify(await signed({ azp: CLIENT, aud: [CLIENT] }))).toBe(SUBJECT);
  });

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['another audience', { aud: 'another-client' }],
    ['several audiences', { aud: [CLIENT, 'another-client'] }],
    ['another party that asked for it', { azp: 'another-client' }],
    ['another nonce', { nonce: randomUUIDv7() }],
    ['no nonce', { nonce: undefined }],
    ['a nonce that is no text', { nonce: 7 }],
    ['an end in the past', { exp: SECONDS - 6 }],
    ['no end', { exp: undefined }],
    ['no beginning', { iat: undefined }],
    ['nobody in it', { sub: undefined }],
    ['an empty name in it', { sub: '' }],
    ['a beginning in the future', { nbf: SECONDS + 60 }],
  ])('is refused with %s', async (_what, change) => {
    expect(await verify(await signed(change))).toBe('400 log-in-refused');
  });

  it('is refused where its signature, its key or its algorithm is not that of the issuer', async () => {
    const good = await signed();
    const [head, payload, signature] = good.split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const hmac = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(new TextEncoder().encode('a'.repeat(32)));
    const tokens = [await signed({}, {}, other), `${head}.${payload}.${signature?.slice(0, -2)}AA`, none, hmac, 'no token', ''];
    for (const token of tokens) expect(await verify(token)).toBe('400 log-in-refused');
    expect(await verify(await signed({}, { kid: undefined }))).toBe('400 log-in-refused');
    const rules = { ...published, algorithm: 'ES384' as const };
    expect(await verify(good, rules)).toBe('400 log-in-refused');
  });

  it('is refused where its key had ceased to sign before', async () => {
    expect(await verify(await signed(), { ...published, signsUntil: NOW - 1 })).toBe('400 log-in-refused');
    expect(await verify(await signed(), { ...published, signsUntil: NOW })).toBe(SUBJECT);
  });

  it('waits for the issuer where its keys cannot be had', async () => {
    const down = new AppError('identity-unavailable', 503, 'Identity does not answer');
    const rules = { issuer: ISSUER, algorithms: ['ES256'] as const, clockSkewSeconds: 5 };
    const jwks = { key: () => Promise.reject(down) };
    await expect(verifyIdToken(await signed(), { rules, clientId: CLIENT, nonce: NONCE, jwks, now: () => NOW })).rejects.toBe(down);
  });
});

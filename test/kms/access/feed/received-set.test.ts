import { randomUUIDv7 } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { toSetClaims } from '#infra/security-events/set-claims.ts';
import { createReadSet, type ReadSet } from '#kms/access/feed/received-set.ts';

const ISSUER = 'https://identity.test';
const AUDIENCE = 'urn:passthru:kms';

describe('a security event token that arrives', () => {
  const kid = randomUUIDv7();
  const revocation = { id: randomUUIDv7(), at: 1_800_000_000, lifeSeconds: 600, event: { kind: 'grant-revoked', grant: 'g' } } as const;
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  let read: ReadSet;
  beforeAll(async () => {
    pair = await generateKeyPair('ES256');
    const findKey = async (wanted: string) => (wanted === kid ? { key: pair.publicKey, algorithm: 'ES256' } : undefined);
    read = createReadSet({ issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256'], findKey, now: () => 1_800_000_000_000 });
  });

  const sign = async (change: { readonly header?: object; readonly claims?: object; readonly by?: CryptoKey } = {}): Promise<string> =>
    new SignJWT({ ...toSetClaims(revocation, ISSUER), aud: AUDIENCE, iat: 1_800_000_000, ...change.claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'secevent+jwt', kid, ...change.header })
      .sign(change.by ?? pair.privateKey);

  it('is read', async () => {
    expect(await read(await sign())).toEqual(revocation);
  });

  it.each<[string, () => Promise<string>]>([
    ['that an access token is, by its typ', () => sign({ header: { typ: 'at+jwt' } })],
    ['of another issuer', () => sign({ claims: { iss: 'https://other.test' } })],
    ['for another audience', () => sign({ claims: { aud: 'urn:other' } })],
    ['under a key that is not published', () => sign({ header: { kid: randomUUIDv7() } })],
    ['without a key', () => sign({ header: { kid: undefined } })],
    ['that somebody else signed', async () => sign({ by: (await generateKeyPair('ES256')).privateKey })],
    ['that is none', async () => 'no token'],
    ['of no form that is known', () => sign({ claims: { sub_id: { format: 'email', email: 'a@b.test' } } })],
  ])('is refused %s, and nothing of it is repeated', async (_, made) => {
    const token = await made();
    const error: unknown = await read(token).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'set-refused' });
    expect(String(error)).not.toContain(token.split('.')[1] ?? token);
  });
});

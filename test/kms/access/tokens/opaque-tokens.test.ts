import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import { createTokenVerifier, type TrustedIssuer } from '#kms/access/tokens/token-verifier.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';

const ISSUER = 'https://identity.example';
const AUDIENCE = 'urn:passthru:kms';
const NOW = 1_800_000_000_000;
const seconds = (from: number): number => NOW / 1000 + from;

/** A KMS whose issuer has opaque tokens; the answer about each is what `answers` says now. */
const worldOf = (more: { readonly isRevoked?: (scope: string) => boolean; readonly audience?: string } = {}) => {
  const { audience = AUDIENCE } = more;
  const tenant = { id: randomUUID(), name: `tenant-${randomUUIDv7()}` } as TenantHandle;
  const world = { now: NOW, elapsed: 0, asked: [] as string[], revocations: [] as string[], keys: [] as string[], fails: false };
  const good = {
    active: true,
    client_id: `client-${randomUUIDv7()}`,
    aud: audience,
    scope: 'kms:read kms:crypto',
    tenant_id: tenant.id,
    exp: seconds(300),
    iat: seconds(0),
    token_type: 'Bearer',
  };
  const answers = new Map<string, Readonly<Record<string, unknown>>>();
  const issuer: TrustedIssuer = {
    rules: { issuer: ISSUER, audience, clockSkewSeconds: 5, maxTokenSeconds: 3_600, algorithms: ['ES256'] },
    speaksFor: () => true,
    tenantIs: 'id',
    jwks: { key: () => Promise.reject(new Error('a JWT')), generation: () => 0 },
    opaque: {
      ask: async (token) => {
        world.asked.push(token);
        if (world.fails) throw new AppError('identity-unavailable', 503, 'Identity does not answer.');
        return { active: false, ...answers.get(token) };
      },
    },
    revocation: {
      isRevoked: async ({ scope, key }) => {
        world.revocations.push(scope);
        world.keys.push(key);
        return more.isRevoked?.(scope) ?? false;
      },
    },
  };
  const verifier = createTokenVerifier({
    issuers: [issuer],
    tenants: { byId: async (id) => (id === tenant.id ? tenant : undefined), byName: async () => undefined },
    binding: { check: async () => {} },
    challenges: createChallenges('detailed'),
    now: () => world.now,
    elapsed: () => world.elapsed,
  });
  return {
    world,
    tenant,
    good,
    /** A token of which the issuer says this. */
    token: (claims: Readonly<Record<string, unknown>> = {}, token = `opaque-${randomUUIDv7()}`) => {
      answers.set(token, JSON.parse(JSON.stringify({ ...good, ...claims })) as Readonly<Record<string, unknown>>);
      return token;
    },
    revoke: (token: string) => void answers.set(token, { active: false }),
    verify: (token: string) => verifier.verify({ token, proofs: { peer: null, dpop: null }, scope: 'kms:decrypt' }),
  };
};

describe('an opaque token', () => {
  it('says by its issuer who its holder is, and is asked about once in thirty seconds', async () => {
    const { world, tenant, good, token, verify } = worldOf();
    const shown = token({ sub: 'somebody', preferred_username: 'demo' });
    const callers = await Promise.all(Array.from({ length: 100 }, () => verify(shown)));
    expect(callers[0]).toMatchObject({ subject: 'somebody', username: 'demo', tenant, authentication: { kind: 'token', issuer: ISSUER } });
    expect(callers[0]?.scopes.has('kms:decrypt')).toBe(true);
    expect(world.asked).toEqual([shown]);
    world.elapsed = 29_999;
    await verify(shown);
    expect(world.asked).toHaveLength(1);
    world.elapsed = 30_000;
    await verify(shown);
    expect(world.asked).toHaveLength(2);
    expect((await verify(token())).subject).toBe(good.client_id);
  });

  it('is refused at the latest thirty seconds after it was revoked, and at once when its own end has come', async () => {
    const { world, token, revoke, verify } = worldOf();
    const [revoked, short] = [token(), token({ exp: seconds(10) })];
    await verify(revoked);
    await verify(short);
    revoke(revoked);
    world.elapsed = 30_000;
    await expect(verify(revoked)).rejects.toMatchObject({
      code: 'token-invalid',
      message: expect.stringContaining('not active') as string,
    });
    world.elapsed = 0;
    world.now = NOW + 20_000;
    await expect(verify(short)).rejects.toMatchObject({ message: 'The token has expired' });
  });

  it('that the issuer has just said to be good is not asked about twice; later the revocation mode decides', async () => {
    const { world, token, verify } = worldOf({ isRevoked: (scope) => scope === 'kms:decrypt' });
    const shown = token();
    await verify(shown);
    expect(world.revocations).toEqual([]);
    await expect(verify(shown)).rejects.toMatchObject({ message: 'The token was revoked' });
  });

  it('is remembered under its hash, its issuer and its audience: what is said of it elsewhere is another answer', async () => {
    const [here, there] = [worldOf(), worldOf({ audience: 'urn:passthru:other' })];
    const text = here.token();
    there.token({}, text);
    for (const { verify } of [here, here, there, there]) await verify(text);
    const [key = '', other] = [here.world.keys[0], there.world.keys[0]];
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(other).not.toBe(key);
    expect(key).not.toContain(text);
  });

  it('is neither good nor bad while the issuer does not answer, and no failure is remembered as either', async () => {
    const { world, token, verify } = worldOf();
    const shown = token();
    world.fails = true;
    await expect(verify(shown)).rejects.toMatchObject({ code: 'identity-unavailable', status: 503 });
    world.fails = false;
    await verify(shown);
    world.fails = true;
    world.elapsed = 30_000;
    await expect(verify(shown)).rejects.toMatchObject({ code: 'identity-unavailable' });
    expect(world.asked).toHaveLength(3);
  });

  it.each<[string, Record<string, unknown>]>([
    ['that is not active', { active: false }],
    ['of another issuer', { iss: 'https://attacker.example' }],
    ['for another audience', { aud: 'urn:other' }],
    ['for us and for others', { aud: [AUDIENCE, 'urn:other'] }],
    ['without audience', { aud: undefined }],
    ['without end', { exp: undefined }],
    ['that has ended', { exp: seconds(-6) }],
    ['that is not valid yet', { nbf: seconds(6) }],
    ['that was issued in the future', { iat: seconds(6) }],
    ['that lives longer than tokens of its issuer may', { exp: seconds(3_601) }],
    ['without scope', { scope: undefined }],
    ['without client', { client_id: undefined }],
    ['without tenant', { tenant_id: undefined }],
    ['for a tenant that is not here', { tenant_id: randomUUID() }],
    ['whose roles are text', { roles: 'admin' }],
    ['of type DPoP that names no key', { token_type: 'DPoP' }],
  ])('%s is refused', async (_, claims) => {
    const { token, verify } = worldOf();
    await expect(verify(token(claims))).rejects.toMatchObject({ status: 401 });
  });

  it('is never asked about when it has the form of a JWT, nor where no issuer has opaque tokens', async () => {
    const { world, verify } = worldOf();
    for (const token of ['a.b.c', 'eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.', '..'])
      await expect(verify(token)).rejects.toMatchObject({ code: 'token-invalid' });
    expect(world.asked).toEqual([]);
    const none = createTokenVerifier({
      issuers: [],
      tenants: { byId: async () => undefined, byName: async () => undefined },
      binding: { check: async () => {} },
      challenges: createChallenges('detailed'),
    });
    const refused = none.verify({ token: 'opaque', proofs: { peer: null, dpop: null }, scope: 'kms:decrypt' });
    await expect(refused).rejects.toMatchObject({ code: 'token-invalid' });
  });
});

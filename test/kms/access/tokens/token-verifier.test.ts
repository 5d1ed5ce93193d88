import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';
import { expect, it, vi } from 'vitest';
import type { TokenBinding } from '#kms/access/bindings/token-binding.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import type { JwksCache } from '#kms/access/tokens/jwks-cache.ts';
import { createTokenVerifier, type TrustedIssuer } from '#kms/access/tokens/token-verifier.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';

const ISSUER = 'https://identity.example';
const AUDIENCE = 'urn:passthru:kms';

const verifierOf = (
  tenant: TenantHandle,
  key: JwksCache['key'],
  more: {
    readonly now: () => number;
    readonly elapsed?: () => number;
    readonly binding?: TokenBinding;
    readonly issuer?: Partial<TrustedIssuer>;
  },
) =>
  createTokenVerifier({
    issuers: [
      {
        rules: { issuer: ISSUER, audience: AUDIENCE, clockSkewSeconds: 5, maxTokenSeconds: 3600, algorithms: ['ES256'] },
        speaksFor: () => true,
        tenantIs: 'id',
        jwks: { key, generation: () => 0 },
        revocation: { isRevoked: async () => false },
        ...more.issuer,
      },
    ],
    tenants: { byId: async () => tenant, byName: async () => tenant },
    binding: { check: async () => {} },
    challenges: createChallenges('detailed'),
    ...more,
  });

/** @param issuedAt epoch milliseconds; it lives for ten minutes */
const tokenOf = (
  tenant: TenantHandle,
  privateKey: CryptoKey,
  issuedAt: number,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> =>
  new SignJWT({ scope: 'kms:read', client_id: `client-${randomUUIDv7()}`, tenant_id: tenant.id, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: randomUUIDv7() })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(randomUUIDv7())
    .setJti(randomUUIDv7())
    .setIssuedAt(issuedAt / 1000)
    .setExpirationTime(issuedAt / 1000 + 600)
    .sign(privateKey);

it('A token is refused whose key had ceased to sign when it says that it was issued, and is good when the key signed then', async () => {
  const tenant = { id: randomUUID(), name: `tenant-${randomUUIDv7()}` } as TenantHandle;
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const now = 1_800_000_000_000;
  const verifier = verifierOf(tenant, async () => ({ algorithm: 'ES256', key: publicKey, signsUntil: now - 60_000 }), { now: () => now });
  const verify = async (issuedAt: number) =>
    verifier.verify({
      token: await tokenOf(tenant, privateKey, issuedAt),
      proofs: { peer: null, dpop: null },
      scope: 'kms:elastic-keys:read',
    });

  expect((await verify(now - 60_000)).tenant).toBe(tenant);
  await expect(verify(now - 59_000)).rejects.toMatchObject({ code: 'token-invalid', message: expect.stringContaining('ceased to sign') });
});

it('A verified token is verified again after half a minute, also when the clock of the machine is set back meanwhile', async () => {
  const tenant = { id: randomUUID(), name: `tenant-${randomUUIDv7()}` } as TenantHandle;
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const world = { now: 1_800_000_000_000, elapsed: 0, isPublished: true };
  const key: JwksCache['key'] = async () => (world.isPublished ? { algorithm: 'ES256', key: publicKey, signsUntil: null } : undefined);
  const verifier = verifierOf(tenant, key, { now: () => world.now, elapsed: () => world.elapsed });
  const token = await tokenOf(tenant, privateKey, world.now);
  const verify = () => verifier.verify({ token, proofs: { peer: null, dpop: null }, scope: 'kms:elastic-keys:read' });

  expect((await verify()).tenant).toBe(tenant);
  world.isPublished = false;
  expect((await verify()).tenant).toBe(tenant);
  world.now -= 3_600_000;
  world.elapsed += 30_000;
  await expect(verify()).rejects.toMatchObject({ code: 'token-invalid' });
});

it('A token of an issuer that does not speak for the tenant uses no proof up, and is not remembered', async () => {
  const tenant = { id: randomUUID(), name: `tenant-${randomUUIDv7()}` } as TenantHandle;
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const world = { keys: 0, spentFor: [] as string[], speaks: false };
  const verifier = verifierOf(
    tenant,
    async () => {
      world.keys += 1;
      return { algorithm: 'ES256', key: publicKey, signsUntil: null };
    },
    {
      now: () => 1_800_000_000_000,
      binding: { check: async ({ tenantId }) => void world.spentFor.push(tenantId) },
      issuer: { speaksFor: () => world.speaks, tenantIs: 'name' },
    },
  );
  const token = await tokenOf(tenant, privateKey, 1_800_000_000_000, { tenant_id: tenant.name });
  const verify = () => verifier.verify({ token, proofs: { peer: null, dpop: null }, scope: 'kms:elastic-keys:read' });

  for (let attempt = 0; attempt < 2; attempt += 1) await expect(verify()).rejects.toMatchObject({ code: 'token-tenant-foreign' });
  expect(world).toMatchObject({ keys: 2, spentFor: [] });
  world.speaks = true;
  await verify();
  await verify();
  // The proofs are those of the tenant that was found, whatever the token calls it.
  expect(world).toMatchObject({ keys: 3, spentFor: [tenant.id, tenant.id] });
});

it.each<[string, boolean, Readonly<Record<string, unknown>>]>([
  ['of the usual size', true, { roles: ['user', 'operator'], name: 'A Name', groups: Array.from({ length: 20 }, (_, n) => `/group/${n}`) }],
  ['with hundreds of small claims', false, Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`m${n}`, n]))],
  ['with hundreds of empty objects', false, { groups: Array.from({ length: 300 }, () => ({})) }],
  ['with a hundred scopes for single keys', false, { scope: Array.from({ length: 100 }, (_, n) => `kms:key:k${n}:encrypt`).join(' ') }],
])('A token %s is good; that it is remembered is %s', async (_, isRemembered, claims) => {
  const tenant = { id: randomUUID(), name: `tenant-${randomUUIDv7()}` } as TenantHandle;
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const key = vi.fn<JwksCache['key']>(async () => ({ algorithm: 'ES256', key: publicKey, signsUntil: null }));
  const verifier = verifierOf(tenant, key, { now: () => 1_800_000_000_000 });
  const token = await tokenOf(tenant, privateKey, 1_800_000_000_000, claims);
  for (let time = 0; time < 3; time += 1)
    expect((await verifier.verify({ token, proofs: { peer: null, dpop: null }, scope: 'kms:elastic-keys:read' })).tenant).toBe(tenant);
  expect(key).toHaveBeenCalledTimes(isRemembered ? 1 : 3);
});

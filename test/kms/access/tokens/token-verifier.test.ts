import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { createChallenges } from '#kms/access/challenges.ts';
import type { JwksCache } from '#kms/access/tokens/jwks-cache.ts';
import { createTokenVerifier } from '#kms/access/tokens/token-verifier.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';

const ISSUER = 'https://identity.example';
const AUDIENCE = 'urn:passthru:kms';

const verifierOf = (tenant: TenantHandle, key: JwksCache['key'], clocks: { readonly now: () => number; readonly elapsed?: () => number }) =>
  createTokenVerifier({
    issuers: [
      {
        rules: { issuer: ISSUER, audience: AUDIENCE, clockSkewSeconds: 5, maxTokenSeconds: 3600, algorithms: ['ES256'] },
        speaksFor: () => true,
        tenantIs: 'id',
        jwks: { key, generation: () => 0 },
        revocation: { isRevoked: async () => false },
      },
    ],
    tenants: { byId: async () => tenant, byName: async () => undefined },
    binding: { check: async () => {} },
    challenges: createChallenges('detailed'),
    ...clocks,
  });

/** @param issuedAt epoch milliseconds; it lives for ten minutes */
const tokenOf = (tenant: TenantHandle, privateKey: CryptoKey, issuedAt: number): Promise<string> =>
  new SignJWT({ scope: 'kms:read', client_id: `client-${randomUUIDv7()}`, tenant_id: tenant.id })
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

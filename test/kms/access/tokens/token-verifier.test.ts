import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { createChallenges } from '#kms/access/challenges.ts';
import { createTokenVerifier } from '#kms/access/tokens/token-verifier.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';

const ISSUER = 'https://identity.example';
const AUDIENCE = 'urn:passthru:kms';

it('A verified token is verified again after half a minute, also when the clock of the machine is set back meanwhile', async () => {
  const tenant = { id: randomUUID(), name: `tenant-${randomUUIDv7()}` } as TenantHandle;
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const world = { now: 1_800_000_000_000, elapsed: 0, isPublished: true };
  const verifier = createTokenVerifier({
    issuers: [
      {
        rules: { issuer: ISSUER, audience: AUDIENCE, clockSkewSeconds: 5, maxTokenSeconds: 3600 },
        tenants: '*',
        jwks: { key: async () => (world.isPublished ? publicKey : undefined), probe: async () => {} },
        revocation: { isRevoked: async () => false },
      },
    ],
    tenants: { byId: async () => tenant },
    challenges: createChallenges('full'),
    now: () => world.now,
    elapsed: () => world.elapsed,
  });
  const seconds = world.now / 1_000;
  const token = await new SignJWT({ scope: 'kms:read', client_id: `client-${randomUUIDv7()}`, tenant_id: tenant.id })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: randomUUIDv7() })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(randomUUIDv7())
    .setJti(randomUUIDv7())
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 600)
    .sign(privateKey);
  const verify = () => verifier.verify({ token, peer: null, scope: 'kms:elastic-keys:read' });

  expect((await verify()).tenant).toBe(tenant);
  world.isPublished = false;
  expect((await verify()).tenant).toBe(tenant);
  world.now -= 3_600_000;
  world.elapsed += 30_000;
  await expect(verify()).rejects.toMatchObject({ code: 'token-invalid' });
});

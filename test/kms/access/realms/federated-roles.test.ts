import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createChallenges } from '#kms/access/challenges.ts';
import { federatedScopes } from '#kms/access/realms/federated-roles.ts';
import { createRoles } from '#kms/access/roles.ts';
import { expandScopes, FINE_SCOPES } from '#kms/access/scopes.ts';
import { createTokenVerifier } from '#kms/access/tokens/token-verifier.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';

const [ONE, OTHER] = ['https://one.example', 'https://other.example'];
const roles = createRoles([{ name: 'auditor', includes: [], scopes: ['kms:audit'] }]);
const table = [
  { issuer: ONE, role: 'KMS-Admins', grants: ['admin'] },
  { issuer: ONE, role: 'staff', grants: ['auditor', 'service'] },
  { issuer: OTHER, role: 'staff', grants: ['auditor'] },
  { issuer: ONE, role: 'constructor', grants: ['auditor'] },
];

describe('Roles of an issuer', () => {
  const grantedTo = federatedScopes(table, roles);

  it('are worth what the table says, each of that issuer alone', () => {
    expect(grantedTo(ONE, ['KMS-Admins'])).toEqual(FINE_SCOPES);
    expect(grantedTo(ONE, ['staff'])).toEqual(expandScopes(['kms:audit', 'kms:crypto']));
    expect(grantedTo(OTHER, ['staff', 'KMS-Admins'])).toEqual(expandScopes(['kms:audit']));
  });

  it.each([
    ['without an entry, although the KMS has a role of that name', ['admin']],
    ['in other capitals', ['kms-admins']],
    ['that every object has', ['__proto__', 'toString']],
    ['that are none', []],
  ])('%s are worth nothing', (_, given) => {
    expect(grantedTo(ONE, given).size).toBe(0);
    expect(grantedTo('https://stranger.example', ['staff']).size).toBe(0);
  });

  it('count beside the scope of a token, and are not narrowed by its permissions', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const tenant = { id: randomUUID(), name: `tenant-${randomUUIDv7()}` } as TenantHandle;
    const now = 1_800_000_000_000;
    const verifier = createTokenVerifier({
      issuers: [ONE, OTHER].map((issuer) => ({
        rules: { issuer, audience: 'urn:passthru:kms', clockSkewSeconds: 5, maxTokenSeconds: 3600, algorithms: ['ES256'] as const },
        speaksFor: () => true,
        tenantIs: 'id' as const,
        jwks: { key: async () => ({ algorithm: 'ES256' as const, key: publicKey, signsUntil: null }), generation: () => 0 },
        revocation: { isRevoked: async () => false },
      })),
      tenants: { byId: async () => tenant, byName: async () => undefined },
      binding: { check: async () => {} },
      challenges: createChallenges('detailed'),
      grantedTo,
      now: () => now,
    });
    const scopesOf = async (issuer: string, given: readonly string[]) => {
      const claims = { scope: 'kms:encrypt', permissions: ['kms:encrypt'], client_id: 'client', tenant_id: tenant.id, roles: given };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: randomUUIDv7() })
        .setIssuer(issuer)
        .setAudience('urn:passthru:kms')
        .setSubject(randomUUIDv7())
        .setJti(randomUUIDv7())
        .setIssuedAt(now / 1000)
        .setExpirationTime(now / 1000 + 600)
        .sign(privateKey);
      return (await verifier.verify({ token, proofs: { peer: null, dpop: null }, scope: 'kms:encrypt' })).scopes;
    };
    expect(await scopesOf(OTHER, ['staff'])).toEqual(new Set(['kms:encrypt', 'kms:audit:read']));
    expect(await scopesOf(OTHER, ['KMS-Admins', 'admin'])).toEqual(new Set(['kms:encrypt']));
  });
});

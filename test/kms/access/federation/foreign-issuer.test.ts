import { createHmac, randomUUID, randomUUIDv7 } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { checkConfig } from '#infra/config/check-config.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import { speaksFor } from '#kms/access/federation/authority.ts';
import { claimNamesSchema } from '#kms/access/federation/claim-names.ts';
import { createJwksCache } from '#kms/access/tokens/jwks-cache.ts';
import { createTokenVerifier, type TokenVerifier } from '#kms/access/tokens/token-verifier.ts';
import { principalOf } from '#kms/caller.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';

// An issuer that is not ours, as Keycloak is one: it signs with RS256, names the client in `azp` and the tenant by its name, and gives
// scopes as roles of a client.

const ISSUER = 'https://keycloak.example/realms/acme';
const AUDIENCE = 'urn:passthru:kms';
const CLAIMS = { tenant: 'organization', tenant_is: 'name', client_id: 'azp', scope: ['resource_access', 'kms', 'roles'], roles: 'groups' };
const SCOPE = 'kms:elastic-keys:read';

const acme = { id: randomUUID(), name: 'acme' } as TenantHandle;
const other = { id: randomUUID(), name: 'other' } as TenantHandle;
/** Its name is the id of another tenant. */
const confusing = { id: randomUUID(), name: other.id } as TenantHandle;
/** Of another issuer. */
const suspended = { id: randomUUID(), name: 'suspended' } as TenantHandle;
const all = [acme, other, confusing, suspended];

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let pem: string;
let verifier: TokenVerifier;

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
  pem = await exportSPKI(keys.publicKey);
  const published = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', use: 'sig', alg: 'RS256' }] };
  const jwks = createJwksCache({
    issuer: ISSUER,
    locate: async () => ({ uri: `${ISSUER}/certs` }),
    algorithms: ['RS256', 'PS256'],
    client: { request: async () => ({ status: 200, headers: {}, setCookies: [], text: '', json: <T>() => published as T }) },
    ttlMs: 60_000,
    staleMs: 0,
  });
  const names = [acme.name, confusing.name];
  verifier = createTokenVerifier({
    issuers: [
      {
        rules: {
          issuer: ISSUER,
          audience: AUDIENCE,
          clockSkewSeconds: 5,
          maxTokenSeconds: 3_600,
          algorithms: ['RS256', 'PS256'],
          claimNames: checkConfig(claimNamesSchema, CLAIMS, 'claims'),
        },
        speaksFor: speaksFor(names, [names, 'others']),
        tenantIs: 'name',
        jwks,
        revocation: { isRevoked: async () => false },
      },
    ],
    tenants: {
      byId: async (id) => all.find((tenant) => tenant.id === id),
      byName: async (name) => {
        if (name === suspended.name) throw new AppError('tenant-suspended', 403, 'The tenant is suspended.');
        return all.find((tenant) => tenant.name === name);
      },
    },
    binding: { check: async () => {} },
    challenges: createChallenges('detailed'),
  });
});

const payload = (claims: Record<string, unknown> = {}) => {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'f3a1',
    azp: 'app',
    jti: randomUUIDv7(),
    iat: now,
    exp: now + 300,
    organization: 'acme',
    resource_access: { kms: { roles: ['kms:read'] } },
    groups: ['staff'],
    scope: 'openid profile',
    ...claims,
  };
};
const HEADER = { alg: 'RS256', typ: 'at+jwt', kid: 'one' };
const signed = (claims?: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT(payload(claims)).setProtectedHeader({ ...HEADER, ...header }).sign(keys.privateKey);
const verify = (token: string) => verifier.verify({ token, proofs: { peer: null, dpop: null }, scope: SCOPE });

describe('A token of an issuer that is not ours', () => {
  it('is read by the names of its claims', async () => {
    const caller = await verify(await signed());
    expect(caller).toMatchObject({ subject: 'f3a1', tenant: acme, roles: ['staff'] });
    expect(caller.scopes.has(SCOPE)).toBe(true);
    expect(caller.scopes.has('kms:encrypt')).toBe(false);
    expect(principalOf(caller)).toEqual(['token', ISSUER, 'f3a1']);
  });

  it('gets no tenant, scope or client out of claims that have our names', async () => {
    const ours = { tenant_id: acme.id, scope: 'kms:admin', client_id: 'x', roles: ['admin'] };
    for (const missing of ['organization', 'azp', 'resource_access'])
      await expect(verify(await signed({ ...ours, [missing]: undefined })), missing).rejects.toMatchObject({ code: 'token-invalid' });
    const caller = await verify(await signed(ours));
    expect(caller).toMatchObject({ tenant: acme, roles: ['staff'] });
    expect(caller.scopes.has('kms:tenants:write')).toBe(false);
  });

  it('names its tenant by name and never by id, also where one tenant has the id of another as its name', async () => {
    expect((await verify(await signed({ organization: other.id }))).tenant).toBe(confusing);
    await expect(verify(await signed({ organization: acme.id }))).rejects.toMatchObject({ code: 'token-tenant-foreign' });
    await expect(verify(await signed({ organization: 'other' }))).rejects.toMatchObject({ code: 'token-tenant-foreign' });
    await expect(verify(await signed({ organization: 'Acme' }))).rejects.toMatchObject({ code: 'token-tenant-foreign' });
    await expect(verify(await signed({ organization: 'suspended' }))).rejects.toMatchObject({ code: 'token-tenant-foreign' });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['for several audiences', { aud: [AUDIENCE, 'account'] }, {}],
    ['for tenants as a list', { organization: ['acme'] }, {}],
    ['that is an ID token', {}, { typ: 'JWT' }],
    ['whose scopes are an object', { resource_access: { kms: { roles: { 'kms:read': true } } } }, {}],
  ])('is refused %s', async (_, claims, header) => {
    await expect(verify(await signed(claims, header))).rejects.toMatchObject({ code: 'token-invalid' });
  });

  it('is refused with another algorithm than that of its key, allowed or not', async () => {
    const pss = await importJWK(await exportJWK(keys.privateKey), 'PS256');
    const token = await new SignJWT(payload()).setProtectedHeader({ ...HEADER, alg: 'PS256' }).sign(pss);
    await expect(verify(token)).rejects.toMatchObject({ message: 'The algorithm of the token is not that of its key' });
    const encoded = [{ ...HEADER, alg: 'HS256' }, payload()]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const mac = createHmac('sha256', pem).update(encoded).digest('base64url');
    await expect(verify(`${encoded}.${mac}`)).rejects.toMatchObject({ message: 'The algorithm of the token is not RS256, PS256' });
  });
});

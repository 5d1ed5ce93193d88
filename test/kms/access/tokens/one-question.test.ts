import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, it } from 'vitest';
import type { HttpsRequest, HttpsResponse } from '#infra/http/client.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import { createIntrospection } from '#kms/access/tokens/introspection.ts';
import { createJwksCache } from '#kms/access/tokens/jwks-cache.ts';
import { createRevocation } from '#kms/access/tokens/revocation.ts';
import { createTokenVerifier } from '#kms/access/tokens/token-verifier.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';

const ISSUER = 'https://identity.example';

it('A thousand requests at once with one new token cost one request for keys and one question whether it was revoked', async () => {
  const tenant = { id: randomUUID(), name: `tenant-${randomUUIDv7()}` } as TenantHandle;
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = randomUUIDv7();
  const asked: string[] = [];
  const answers: Readonly<Record<string, unknown>> = {
    '/jwks': { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256' }] },
    '/introspect': { active: true },
  };
  /** An answer takes a turn of the network, as a real one does. */
  const client = {
    request: async ({ url }: HttpsRequest): Promise<HttpsResponse> => {
      const { pathname } = new URL(url);
      asked.push(pathname);
      await new Promise(setImmediate);
      return { status: 200, headers: {}, setCookies: [], text: '', json: () => answers[pathname] as never };
    },
  };
  const endpoint = async () => `${ISSUER}/introspect`;
  const verifier = createTokenVerifier({
    issuers: [
      {
        rules: { issuer: ISSUER, audience: 'urn:passthru:kms', clockSkewSeconds: 5, maxTokenSeconds: 3_600, algorithms: ['ES256'] },
        speaksFor: () => true,
        tenantIs: 'id',
        jwks: createJwksCache({
          issuer: ISSUER,
          locate: async () => ({ uri: `${ISSUER}/jwks` }),
          algorithms: ['ES256'],
          client,
          ttlMs: 60_000,
          staleMs: 60_000,
        }),
        revocation: createRevocation({
          modeOf: () => 'every-request',
          intervalMs: 10_000,
          introspection: createIntrospection({
            issuer: ISSUER,
            endpoint,
            proof: { headers: { authorization: 'Basic x' }, form: {} },
            client,
          }),
        }),
      },
    ],
    tenants: { byId: async () => tenant, byName: async () => undefined },
    binding: { check: async () => {} },
    challenges: createChallenges('detailed'),
  });
  const token = await new SignJWT({ scope: 'kms:crypto', client_id: 'client', tenant_id: tenant.id })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
    .setIssuer(ISSUER)
    .setAudience('urn:passthru:kms')
    .setSubject(randomUUIDv7())
    .setJti(randomUUIDv7())
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);

  const verify = () => verifier.verify({ token, proofs: { peer: null, dpop: null }, scope: 'kms:decrypt' });
  const callers = await Promise.all(Array.from({ length: 1_000 }, verify));

  expect(new Set(callers.map((caller) => caller.tenant))).toEqual(new Set([tenant]));
  expect(asked).toEqual(['/jwks', '/introspect']);
});

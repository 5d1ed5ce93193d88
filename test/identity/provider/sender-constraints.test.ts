import { createHash, randomUUIDv7, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { databaseKinds } from '#test/support/database.ts';
import { startTestIdentity } from '#test/support/identity.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aServiceClient, ISSUER, secretOf, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';
import { dpopKey } from '#test/kms/support/dpop.ts';

const TOKEN = '/oauth2/token';

const basicOf = (client: ClientRecord): string =>
  `Basic ${Buffer.from([client.clientId, secretOf(client)].map((text) => new URLSearchParams({ v: text }).toString().slice(2)).join(':')).toString('base64')}`;
const ask = (provider: TestProvider, client: ClientRecord, proof?: string) =>
  provider.send({
    method: 'POST',
    url: `${ISSUER}${TOKEN}`,
    form: { grant_type: 'client_credentials' },
    headers: { authorization: basicOf(client), ...(proof === undefined ? {} : { dpop: proof }) },
  });
const forToken = { token: 'none', url: `${ISSUER}${TOKEN}`, method: 'POST' };

describe.each(databaseKinds())('a client with a DPoP proof on %s', (kind) => {
  test('gets a token that is bound to its key, and introspection says so; the proof is good once', async () => {
    await using provider = await providerOn(kind);
    const [client, kms, key] = [aServiceClient(), aServiceClient({ mayIntrospect: [KMS_RESOURCE], tenantId: null }), await dpopKey()];
    provider.register(client, kms);
    const proof = await key.proof(forToken, { claims: { ath: undefined } });

    const [first, again] = [await ask(provider, client, proof), await ask(provider, client, proof)];

    const { access_token: token, token_type: type } = first.json<Tokens>();
    expect([first.status, type, decodeJwt(token)['cnf']]).toEqual([200, 'DPoP', { jkt: key.jkt }]);
    expect(again.status).toBe(400);
    expect((await provider.post('/oauth2/introspect', { token }, kms)).json()).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt: key.jkt },
    });
  });

  test('is refused with a proof that is for another URL or method, or made with a symmetric or RSA key', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient();
    provider.register(client);
    const [key, rsa] = [await dpopKey(), await dpopKey('PS256')];
    for (const proof of [
      await key.proof({ ...forToken, url: `${ISSUER}/oauth2/revoke` }),
      await key.proof({ ...forToken, method: 'GET' }),
      await key.proof(forToken, { header: { typ: 'JWT' } }),
      await rsa.proof(forToken),
    ]) {
      const answer = await ask(provider, client, proof);
      expect([answer.status, answer.json<{ error: string }>().error]).toEqual([400, 'invalid_dpop_proof']);
    }
  });

  test('gets nothing without one when it is registered for such tokens alone', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient({ tokenBinding: 'dpop' });
    provider.register(client);
    expect((await ask(provider, client)).json()).toMatchObject({ error: 'invalid_grant' });
    const proof = await (await dpopKey()).proof(forToken);
    expect((await ask(provider, client, proof)).status).toBe(200);
  });

  test('gets an opaque token where it is registered for those, bound and with all that a JWT says', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient({ tokenFormat: 'opaque' });
    const kms = aServiceClient({ mayIntrospect: [KMS_RESOURCE], tenantId: null });
    provider.register(client, kms);
    const key = await dpopKey();

    const { access_token: token } = (await ask(provider, client, await key.proof(forToken))).json<Tokens>();
    const single = (await provider.post('/oauth2/introspect', { token }, kms)).json();

    expect(token).toMatch(/^[\w-]{43,}$/);
    expect(single).toMatchObject({
      active: true,
      iss: ISSUER,
      aud: KMS_RESOURCE,
      client_id: client.clientId,
      scope: 'kms:read kms:crypto',
      tenant_id: client.tenantId,
      roles: ['service'],
      token_type: 'DPoP',
      cnf: { jkt: key.jkt },
    });
    provider.clients.set(client.clientId, { ...client, tenantId: randomUUIDv7() });
    expect((await provider.post('/oauth2/introspect', { token }, kms)).json()).toEqual({ active: false });
  });
});

test('A client that is registered for certificate-bound tokens gets one over its certificate, and none without', async () => {
  await using identity = await startTestIdentity({ overlay: { server: { client_certificates: 'request' } } });
  const registration = {
    client_id: `client-${randomUUIDv7()}`,
    secret: `secret-${randomUUIDv7()}`,
    name: 'Bound',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
    scopes: ['kms:read'],
    tenant_id: crypto.randomUUID(),
    roles: ['user'],
    token_binding: 'certificate',
  };
  expect((await identity.admin('/admin/v1/clients', { method: 'POST', body: registration })).status).toBe(201);
  const { client_id, secret } = registration;
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret: secret });
  const by = (fetch: typeof identity.fetch) => fetch(`${identity.config.issuer}${TOKEN}`, { method: 'POST', body: form });

  const [without, over] = [await by(identity.fetch), await by(identity.certifiedFetch)];

  expect([without.status, ((await without.json()) as { error: string }).error]).toEqual([400, 'invalid_grant']);
  const { access_token: token, token_type: type } = (await over.json()) as Tokens;
  const certificate = new X509Certificate(await readFile(identity.tls.leaf('client').cert));
  const x5t = createHash('sha256').update(certificate.raw).digest('base64url');
  expect([over.status, type, decodeJwt(token)['cnf']]).toEqual([200, 'Bearer', { 'x5t#S256': x5t }]);
});

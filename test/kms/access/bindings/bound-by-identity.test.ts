import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { ISSUER, startTestIdentity, type TestIdentity } from '#test/support/identity.ts';
import { dpopKey } from '#test/kms/support/dpop.ts';
import { bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';

let identity: TestIdentity;
let house: KmsHouse;
let kms: RunningKms;
let address: string;
/** With the certificate of an authority that both servers believe about clients, and without. */
let certified: HttpsClient;
let plain: HttpsClient;
let tenant: string;
beforeAll(async () => {
  identity = await startTestIdentity({ overlay: { server: { client_certificates: 'request' } } });
  address = `https://127.0.0.1:${identity.port}`;
  const { caFile } = identity.tls;
  const files = identity.tls.leaf('client');
  house = await kmsHouse({
    change: (config) => {
      config.server.tls.client_ca = caFile;
      config.identity.tls = files;
      const [issuer] = config.identity.issuers;
      if (issuer === undefined) throw new Error('the configuration of the test has an issuer');
      issuer.issuer = ISSUER;
      issuer.ca = caFile;
      issuer.jwks_uri = `${address}/.well-known/jwks.json`;
      issuer.revocation.opaque_tokens = 'introspect';
      issuer.revocation.introspection_endpoint = `${address}/oauth2/introspect`;
      issuer.revocation.introspection_batch_endpoint = `${address}/oauth2/introspect/batch`;
      issuer.revocation.client_secret_file = `${identity.directory}/kms-secret`;
    },
  });
  kms = await runKms(house);
  tenant = (await kms.tenants())['demo'] ?? '';
  const ca = [await readFile(caFile, 'utf8'), house.ca];
  plain = createHttpsClient({ ca });
  certified = createHttpsClient({ ca, cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') });
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
  await identity[Symbol.asyncDispose]();
  await Promise.all([plain, certified].map((client) => client[Symbol.asyncDispose]()));
});

/** A client of Identity in the tenant of the KMS that takes tokens for itself. */
const newClient = async (more: Readonly<Record<string, unknown>>) => {
  const client = { client_id: `client-${randomUUIDv7()}`, client_secret: `secret-${randomUUIDv7()}` };
  const body = {
    client_id: client.client_id,
    secret: client.client_secret,
    name: 'Bound',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
    scopes: ['kms:read'],
    tenant_id: tenant,
    roles: ['user'],
    ...more,
  };
  expect((await identity.admin('/admin/v1/clients', { method: 'POST', body })).status).toBe(201);
  const post = (
    path: string,
    form: Record<string, string>,
    { headers = {}, over = plain }: { headers?: Record<string, string>; over?: HttpsClient } = {},
  ) => over.request({ method: 'POST', url: `${address}${path}`, form: { ...client, ...form }, headers });
  return {
    token: async (options?: { headers?: Record<string, string>; over?: HttpsClient }) =>
      (await post('/oauth2/token', { grant_type: 'client_credentials' }, options)).json<{ access_token: string }>().access_token,
    revoke: (token: string) => post('/oauth2/revoke', { token }),
  };
};
const ask = async (headers: Record<string, string>, over = plain): Promise<number> =>
  (await over.request({ url: `${kms.url}${KEYS}`, headers })).status;

describe.each(['jwt', 'opaque'])('a token of Identity (%s)', (token_format) => {
  it('that it bound to a DPoP key opens the KMS with a proof of that key alone', async () => {
    const [key, other] = [await dpopKey(), await dpopKey()];
    const client = await newClient({ token_format, token_binding: 'dpop' });
    const proof = await key.proof({ token: 'none', url: `${ISSUER}/oauth2/token`, method: 'POST' });
    const token = await client.token({ headers: { dpop: proof } });
    const url = `${kms.url}${KEYS}`;
    const with_ = async (by: typeof key) => ({ authorization: `DPoP ${token}`, dpop: await by.proof({ token, url }) });
    expect([await ask(await with_(key)), await ask(await with_(other)), await ask(bearer(token))]).toEqual([200, 401, 401]);
  });

  it('that it bound to a certificate opens the KMS over a connection with it alone', async () => {
    const client = await newClient({ token_format, token_binding: 'certificate' });
    const headers = bearer(await client.token({ over: certified }));
    expect([await ask(headers, certified), await ask(headers)]).toEqual([200, 401]);
  });
});

it('An opaque token of a tenant that is not here, and one that Identity did not give, are refused', async () => {
  const client = await newClient({ token_format: 'opaque', tenant_id: randomUUID() });
  expect([await ask(bearer(await client.token())), await ask(bearer(`made-up-${randomUUIDv7()}`))]).toEqual([401, 401]);
});

it('Tokens that come at the same time are asked about together, and each is answered for itself', async () => {
  const client = await newClient({ token_format: 'opaque' });
  const tokens = await Promise.all(Array.from({ length: 12 }, () => client.token()));
  await client.revoke(tokens[7] ?? '');
  const shown = tokens.flatMap((token) => [token, token, token]);
  const statuses = await Promise.all(shown.map((token) => ask(bearer(token))));
  expect(statuses).toEqual(shown.map((token) => (token === tokens[7] ? 401 : 200)));
});

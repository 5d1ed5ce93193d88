import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KmsConfig } from '#kms/config.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { ISSUER, startTestIdentity, type TestIdentity } from '#test/support/identity.ts';
import { bearer, kmsHouse, type KmsHouse, runKms, type RunningKms } from '#test/kms/support/kms-server.ts';

// In containers the KMS reaches Identity as `identity`, browsers as `localhost`: the issuer is one name, the address another.
// Here the issuer is https://localhost:8082, where nothing listens, and the address https://127.0.0.1:<port>.

let identity: TestIdentity;
let client: HttpsClient;
let house: KmsHouse;
let kms: RunningKms;
let address: string;

const trust = (config: KmsConfig): void => {
  const [issuer] = config.identity.issuers;
  if (issuer === undefined) throw new Error('the configuration of the test has an issuer');
  issuer.issuer = ISSUER;
  issuer.ca = identity.tls.caFile;
  issuer.jwks_uri = `${address}/.well-known/jwks.json`;
  issuer.revocation.mode = 'every-request';
  issuer.revocation.introspection_endpoint = `${address}/oauth2/introspect`;
  issuer.revocation.client_secret_file = `${identity.directory}/kms-secret`;
};

beforeAll(async () => {
  identity = await startTestIdentity();
  address = `https://127.0.0.1:${identity.port}`;
  client = createHttpsClient({ ca: await readFile(identity.tls.caFile, 'utf8') });
  house = await kmsHouse({ change: trust });
  kms = await runKms(house);
  const { tenants } = (await identity.identity.demo?.state()) ?? { tenants: {} };
  const { resetId } = (await kms.kms.demo?.reset(tenants)) ?? { resetId: '' };
  await kms.kms.demo?.commit(resetId);
});

afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await identity[Symbol.asyncDispose]();
});

const asClient = { authorization: `Basic ${Buffer.from('demo-confidential-client:demo-confidential-client-password').toString('base64')}` };

const newToken = async (): Promise<string> => {
  const form = { grant_type: 'client_credentials', resource: 'urn:passthru:kms', scope: 'kms:read' };
  const answer = await client.request({ method: 'POST', url: `${address}/oauth2/token`, headers: asClient, form });
  expect(answer.status).toBe(200);
  return answer.json<{ access_token: string }>().access_token;
};

describe('Identity that is reached under another name than its issuer', () => {
  it('names its issuer in every URL of its metadata, and nothing else', async () => {
    for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
      const metadata = (await client.request({ url: `${address}${path}` })).json<Record<string, unknown>>();
      const urls = Object.values(metadata).filter((value) => typeof value === 'string' && value.startsWith('https:')) as string[];
      expect(urls.length).toBeGreaterThan(5);
      expect(urls.filter((url) => url !== ISSUER && !url.startsWith(`${ISSUER}/`))).toEqual([]);
      expect(JSON.stringify(metadata)).not.toContain('127.0.0.1');
    }
  });

  it('sends nobody to that other name: redirects are relative or the issuer’s, errors name no host', async () => {
    const query = new URLSearchParams({
      client_id: 'demo-public-client',
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:43117/callback',
      scope: 'openid',
      code_challenge_method: 'S256',
      code_challenge: 'x'.repeat(43),
    });
    const started = await client.request({ url: `${address}/oauth2/authorize?${query}` });
    expect(started.status).toBe(303);
    expect(started.headers['location']).toMatch(/^\/login\//);
    const headers = { authorization: `Basic ${Buffer.from('demo-confidential-client:wrong').toString('base64')}` };
    const form = { grant_type: 'client_credentials' };
    const refused = await client.request({ method: 'POST', url: `${address}/oauth2/token`, headers, form });
    expect(refused.status).toBe(401);
    expect(refused.text + JSON.stringify(refused.headers)).not.toContain('127.0.0.1');
  });

  it('gives tokens of its issuer, tells the KMS about them, and takes them back, for clients that prove themselves there', async () => {
    const token = await newToken();
    expect(decodeJwt(token).iss).toBe(ISSUER);
    const read = () => kms.send('/service/api/v1/elastic-keys', { headers: bearer(token) });
    expect((await read()).status).toBe(200);
    const own = await client.request({ method: 'POST', url: `${address}/oauth2/introspect`, headers: asClient, form: { token } });
    expect(own.json()).toMatchObject({ active: true, iss: ISSUER });
    const revoked = await client.request({ method: 'POST', url: `${address}/oauth2/revoke`, headers: asClient, form: { token } });
    expect(revoked.status).toBe(200);
    expect((await read()).status).toBe(401);
  });

  it('is ready for the KMS', async () => {
    const answer = await kms.send('/readyz');
    expect(answer.json()).toMatchObject({ status: 'ready', dependencies: { identity: { state: 'up' } } });
  });
});

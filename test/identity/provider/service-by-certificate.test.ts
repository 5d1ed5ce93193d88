import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { clientProof } from '#kms/access/tokens/client-credential.ts';
import { createIntrospection } from '#kms/access/tokens/introspection.ts';
import { CERTIFIED_CLIENT, ISSUER, startTestIdentity, type TestIdentity } from '#test/support/identity.ts';

const INTROSPECT = '/oauth2/introspect';

let identity: TestIdentity;
let token: string;
beforeAll(async () => {
  identity = await startTestIdentity({ overlay: { server: { client_certificates: 'request' } } });
  const form = { grant_type: 'client_credentials', client_id: 'demo-confidential-client', scope: 'kms:read' };
  const secret = 'demo-confidential-client-password';
  const headers = { authorization: `Basic ${Buffer.from(`${form.client_id}:${secret}`).toString('base64')}` };
  const answer = await identity.fetch(`${ISSUER}/oauth2/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
  ({ access_token: token } = (await answer.json()) as { access_token: string });
});
afterAll(() => identity[Symbol.asyncDispose]());

const ask = (by: typeof fetch, form: Readonly<Record<string, string>>) =>
  by(`${ISSUER}${INTROSPECT}`, { method: 'POST', body: new URLSearchParams({ token, ...form }) });

describe('A service that proves itself by its client certificate', () => {
  it('is answered about tokens for the API that it may ask about', async () => {
    const answer = await ask(identity.certifiedFetch, { client_id: CERTIFIED_CLIENT });
    expect([answer.status, await answer.json()]).toMatchObject([200, { active: true, aud: 'urn:passthru:kms' }]);
  });

  it('is refused without the certificate, with a secret in its place, and under the name of another client', async () => {
    for (const [by, form] of [
      [identity.fetch, { client_id: CERTIFIED_CLIENT }],
      [identity.fetch, { client_id: CERTIFIED_CLIENT, client_secret: 'undefined' }],
      [identity.certifiedFetch, { client_id: CERTIFIED_CLIENT, client_secret: 'undefined' }],
      [identity.certifiedFetch, { client_id: 'passthru-kms' }],
      [identity.certifiedFetch, { client_id: 'demo-confidential-client' }],
    ] as const) {
      const answer = await ask(by, form);
      expect([form, answer.status, await answer.json()]).toMatchObject([form, 401, { error: 'invalid_client' }]);
    }
  });

  it('asks about many tokens at once by the same certificate, and by nothing else', async () => {
    const batch = (by: typeof fetch) =>
      by(`${ISSUER}${INTROSPECT}/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ tokens: [token, 'made-up'] }),
      });
    const answer = await batch(identity.certifiedFetch);
    expect([answer.status, await answer.json()]).toMatchObject([200, { items: [{ active: true }, { active: false }] }]);
    expect((await batch(identity.fetch)).status).toBe(401);
  });

  it('is the KMS where its configuration says so: it sends its id and no secret', async () => {
    const { cert, key } = identity.tls.leaf('client');
    const [ca, ...pem] = await Promise.all([identity.tls.caFile, cert, key].map((file) => readFile(file, 'utf8')));
    const endpoint = async () => `https://localhost:${identity.port}${INTROSPECT}`;
    const asking = async (of: { readonly cert?: string; readonly key?: string }, clientId = CERTIFIED_CLIENT) => {
      await using client = createHttpsClient({ ca: ca ?? '', ...of });
      const introspection = createIntrospection({ issuer: ISSUER, endpoint, proof: clientProof(clientId, null), client });
      return await introspection.isActive(token);
    };
    const certificate = { cert: pem[0] ?? '', key: pem[1] ?? '' };
    expect(await asking(certificate)).toBe(true);
    await expect(asking({})).rejects.toMatchObject({ code: 'identity-unavailable' });
    await expect(asking(certificate, 'passthru-kms')).rejects.toMatchObject({ code: 'identity-unavailable' });
  });

  it('stands in the metadata as a method of the endpoint', async () => {
    const metadata = await (await identity.fetch(`${ISSUER}/.well-known/openid-configuration`)).json();
    expect(metadata).toMatchObject({ introspection_endpoint_auth_methods_supported: expect.arrayContaining(['tls_client_auth']) });
  });
});

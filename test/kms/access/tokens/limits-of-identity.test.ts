import { readFile } from 'node:fs/promises';
import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import type { KmsConfig } from '#kms/config.ts';
import { ISSUER, startTestIdentity, type TestIdentity } from '#test/support/identity.ts';
import { bearer, kmsHouse, type KmsHouse, runKms, type RunningKms } from '#test/kms/support/kms-server.ts';

/** Identity with a limit of requests, a KMS that asks it about every use of a key, and a token of a client. */
const started = async (rateLimit: object) => {
  const opened = new AsyncDisposableStack();
  const identity: TestIdentity = opened.use(await startTestIdentity({ overlay: { server: { rate_limit: rateLimit } } }));
  const address = `https://127.0.0.1:${identity.port}`;
  const client: HttpsClient = opened.use(createHttpsClient({ ca: await readFile(identity.tls.caFile, 'utf8') }));
  const trust = (config: KmsConfig): void => {
    const [issuer] = config.identity.issuers;
    if (issuer === undefined) throw new Error('the configuration of the test has an issuer');
    issuer.issuer = ISSUER;
    issuer.ca = identity.tls.caFile;
    issuer.jwks_uri = `${address}/.well-known/jwks.json`;
    issuer.revocation.introspection_endpoint = `${address}/oauth2/introspect`;
    issuer.revocation.client_secret_file = `${identity.directory}/kms-secret`;
  };
  const house: KmsHouse = opened.use(await kmsHouse({ change: trust, revocation: 'sensitive-only' }));
  const kms: RunningKms = opened.use(await runKms(house));
  const { tenants } = (await identity.identity.demo?.state()) ?? { tenants: {} };
  const { resetId } = (await kms.kms.demo?.reset(tenants)) ?? { resetId: '' };
  await kms.kms.demo?.commit(resetId);
  const authorization = `Basic ${Buffer.from('demo-confidential-client:demo-confidential-client-password').toString('base64')}`;
  const form = { grant_type: 'client_credentials', resource: 'urn:passthru:kms', scope: 'kms:read kms:crypto' };
  const answer = await client.request({ method: 'POST', url: `${address}/oauth2/token`, headers: { authorization }, form });
  const token = answer.json<{ access_token: string }>().access_token;
  const call = (path: string, body?: Readonly<Record<string, unknown>>) =>
    kms.send(`/service/api/v1/elastic-keys${path}`, {
      headers: bearer(token),
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
  const listed = (await call('?name=demo-encryption-key')).json<{ readonly items: readonly { readonly id: string }[] }>();
  const key = `/${listed.items[0]?.id}`;
  const { ciphertext } = (await call(`${key}/encrypt`, { plaintext: 'AAAA' })).json<{ readonly ciphertext: string }>();
  const decrypt = () => call(`${key}/decrypt`, { ciphertext });
  return { address, client, kms, decrypt, [Symbol.asyncDispose]: () => opened.disposeAsync() };
};

const AUTHORIZE = '/oauth2/authorize?client_id=demo-public-client&response_type=code';

describe('A KMS that asks Identity more often than one address may', () => {
  let world: Awaited<ReturnType<typeof started>>;
  beforeAll(async () => (world = await started({ max: 40, window_seconds: 60 })));
  afterAll(() => world[Symbol.asyncDispose]());

  it('is answered all the same, stays ready, and takes nothing from the people at its address', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 60; n += 1) statuses.push((await world.decrypt()).status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect((await world.kms.send('/readyz')).status).toBe(200);
    const page = await world.client.request({ url: `${world.address}${AUTHORIZE}`, headers: { accept: 'text/html' } });
    expect(page.status).not.toBe(429);
  });

  it('is a stranger with a wrong secret, and counts as one', async () => {
    const authorization = `Basic ${Buffer.from(`passthru-kms:wrong-${randomUUIDv7()}`).toString('base64')}`;
    const ask = () => world.client.request({ url: `${world.address}/.well-known/jwks.json`, headers: { authorization } });
    const statuses = new Set<number>();
    for (let n = 0; n < 41; n += 1) statuses.add((await ask()).status);
    expect(statuses).toContain(429);
  });

  it('leaves pages as pages: whoever asks for HTML is told in HTML to wait, a program with a Problem', async () => {
    const ask = (accept: string) => world.client.request({ url: `${world.address}${AUTHORIZE}`, headers: { accept } });
    for (let n = 0; n < 41; n += 1) await ask('text/html');
    const page = await ask('text/html,application/xhtml+xml;q=0.9,*/*;q=0.8');
    expect([page.status, page.headers['content-type'], page.headers['retry-after']]).toEqual([
      429,
      'text/html; charset=utf-8',
      expect.stringMatching(/^\d+$/),
    ]);
    expect(page.text).toContain('Too many requests');
    const problem = await ask('application/json');
    expect([problem.status, problem.headers['content-type']]).toEqual([429, expect.stringContaining('application/problem+json')]);
  });
});

describe('A KMS that Identity limits', () => {
  it('names the limit, passes on how long to wait, and stays ready', async () => {
    await using world = await started({ max: 1_000, window_seconds: 60, service_client_max: 10 });
    let refused = await world.decrypt();
    for (let n = 0; n < 20 && refused.status === 200; n += 1) refused = await world.decrypt();
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({
      code: 'identity-rate-limited',
      detail: expect.stringContaining('limits the requests of this KMS'),
    });
    expect(refused.headers['retry-after']).toMatch(/^([1-9]|[1-5]\d|60)$/);
    expect((await world.kms.send('/readyz')).status).toBe(200);
  });
});

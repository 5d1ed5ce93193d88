import { describe, expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { FakeIssuer } from '#test/kms/support/fake-issuer.ts';
import { basic, kmsHouse, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
interface Ready {
  readonly reason?: string;
  readonly dependencies: Readonly<Record<string, { readonly state: string; readonly required: boolean; readonly cause: string | null }>>;
}

describe('/readyz', () => {
  it('names database and identity with state, latency and cause, on both listeners', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house);
    for (const response of [await kms.send('/readyz'), await kms.sendAdmin('/readyz')]) {
      expect(response.status).toBe(200);
      expect(response.json()).toMatchObject({
        status: 'ready',
        dependencies: {
          database: { state: 'up', required: true, cause: null },
          identity: { state: 'up', required: true, cause: null },
        },
      });
    }
  });

  it('names every background job: certificates of both listeners and of each issuer, tenants that are gone, damaged or to be removed, idempotency and transport keys that are over, keys that are due or idle, older keys of the barrier', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house);
    const { jobs } = (await kms.send('/readyz')).json<{ readonly jobs: Readonly<Record<string, unknown>> }>();
    expect(Object.keys(jobs).toSorted()).toEqual([
      'audit-abandoned-chains',
      'audit-heads',
      'audit-refusals',
      'certificates-issuer-identity',
      'certificates-kms',
      'certificates-kms-admin',
      'destroy-due-keys',
      'erase-destroyed-keys',
      'forget-gone-tenants',
      'forget-grants',
      'forget-idempotency-keys',
      'forget-idle-keys',
      'forget-service-idempotency-keys',
      'forget-transport-keys',
      'look-at-tenants',
      'remove-due-tenants',
      'retire-older-keys',
      'rotate-due-keys',
      'write-api-key-uses',
    ]);
    expect(jobs['certificates-kms']).toEqual({ running: false, last_run: null, duration_ms: null, last_error: null });
  });

  it('turns red when Identity dies and names it as the cause, and green when it is back', async () => {
    await using house = await kmsHouse();
    const clock = { ahead: 0 };
    await using kms = await runKms(house, { elapsed: () => performance.now() + clock.ahead });
    const status = async () => (await kms.send('/readyz')).status;
    expect(await status()).toBe(200);
    house.issuer.jwksStatus = 500;
    clock.ahead += 1_000;
    // A look serves all who ask within some milliseconds.
    await expect.poll(status).toBe(503);
    const sick = (await kms.send('/readyz')).json<Ready>();
    expect(sick.dependencies['identity']).toMatchObject({ state: 'down', cause: expect.stringContaining('500') as string });
    house.issuer.jwksStatus = 200;
    clock.ahead += 1_000;
    await expect.poll(status).toBe(200);
    await house.issuer.stop();
    clock.ahead += 1_000;
    await expect.poll(status).toBe(503);
    const response = await kms.send('/readyz');
    expect(response.status).toBe(503);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(response.json<Ready>().reason).toMatch(/^identity is down: localhost:\d+ refuses connections/);
    expect((await kms.send('/livez')).status).toBe(200);
  });

  it('stays green without Identity where the configuration does not require it, and names it as down', async () => {
    await using house = await kmsHouse({ change: (config) => void (config.identity.required = false) });
    await house.issuer.stop();
    await using kms = await runKms(house);
    const response = await kms.send('/readyz');
    expect(response.status).toBe(200);
    expect(response.json<Ready>().dependencies['identity']).toMatchObject({
      state: 'down',
      required: false,
      cause: expect.stringMatching(/refuses connections/) as string,
    });
  });

  it.each<[string, (issuer: FakeIssuer) => void, RegExp]>([
    ['a redirect, which is not followed', (issuer) => void (issuer.jwksStatus = 302), /answered with 302/],
    ['more than 256 KiB', (issuer) => void (issuer.jwks = { keys: [], padding: 'x'.repeat(270_000) }), /larger than 262144 bytes/],
    ['no usable key', (issuer) => void (issuer.jwks = { keys: [] }), /no usable key for ES256/],
  ])('is red when Identity answers with %s', async (_, change, cause) => {
    await using house = await kmsHouse();
    change(house.issuer);
    await using kms = await runKms(house);
    const response = await kms.send('/readyz');
    expect(response.status).toBe(503);
    expect(response.json<Ready>().dependencies['identity']?.cause).toMatch(cause);
  });

  it('asks Identity at most once in a second, however often it is asked', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house);
    await Promise.all(Array.from({ length: 100 }, () => kms.send('/readyz')));
    expect(house.issuer.requests.jwks).toBeLessThan(5);
  });

  it('does not need telemetry, but says when it is down', async () => {
    await using house = await kmsHouse({
      change: (config) =>
        void (config.telemetry = {
          endpoint: 'https://localhost:1',
          tls: config.server.tls,
          export_interval_ms: 1_000,
          traces_per_second: 100,
        }),
    });
    const telemetry = { ...noTelemetry(), probe: () => Promise.reject(new Error('the collector does not answer')) };
    await using kms = await runKms(house, { telemetry });
    const response = await kms.send('/readyz');
    expect(response.status).toBe(200);
    expect(response.json<Ready>().dependencies['telemetry']).toMatchObject({
      state: 'down',
      required: false,
      cause: 'the collector does not answer',
    });
  });

  it('is 503 with the reason sealed while there are not enough unseal shares, and nothing can be done with keys', async () => {
    await using house = await kmsHouse({ change: (config) => void (config.unseal = { ...config.unseal, share_files: [], threshold: 2 }) });
    await using kms = await runKms(house, { demo: false });
    expect((await kms.send('/readyz')).json()).toMatchObject({ status: 503, reason: 'sealed' });
    expect((await kms.send('/livez')).status).toBe(200);
    expect((await kms.sendAdmin('/admin/v1/seal-status')).json()).toMatchObject({ sealed: true });
  });

  it('says in minimal detail only whether it can serve, and operators hear all', async () => {
    await using house = await kmsHouse({ change: (config) => void (config.errors = { detail: 'minimal' }) });
    const clock = { ahead: 0 };
    await using kms = await runKms(house, { elapsed: () => performance.now() + clock.ahead });
    expect((await kms.send('/readyz')).json()).toEqual({ status: 'ready' });
    house.issuer.jwksStatus = 500;
    clock.ahead += 1_000;
    const told = async () => (await kms.send('/readyz')).json();
    await expect.poll(told).toMatchObject({ code: 'not-ready', detail: 'The service is not ready.' });
    expect(Object.keys((await told()) as object)).toEqual(['type', 'title', 'status', 'detail', 'code']);
    expect((await kms.sendAdmin('/readyz')).json<Ready>().dependencies).toMatchObject({ identity: { state: 'down' } });
  });

  it('says nothing of paths, SQL or stack traces', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house);
    await house.issuer.stop();
    const { text } = await kms.send('/readyz');
    expect(text).not.toMatch(/\.ts|node:|select |\/tmp|passthru-test/);
  });
});

describe('a KMS whose Identity is down', () => {
  it('goes on to serve those whom it knows by itself', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house);
    await house.issuer.stop();
    expect((await kms.send(KEYS, { headers: basic('demo-user', 'demo-user-password') })).status).toBe(200);
  });

  it('goes on to serve tokens with the keys that it has, then answers 503 with the cause', async () => {
    await using house = await kmsHouse();
    const clock = { ahead: 0 };
    const now = () => Date.now() + clock.ahead;
    await using kms = await runKms(house, { now, elapsed: () => performance.now() + clock.ahead });
    const tenant = (await kms.tenants())['demo'] ?? '';
    const token = () => house.issuer.token(tenant, { claims: { exp: Math.floor(now() / 1000) + 60 } });
    const ask = async () => kms.send(KEYS, { headers: { authorization: `Bearer ${await token()}` } });
    expect((await ask()).status).toBe(200);
    await house.issuer.stop();
    clock.ahead = 1_100_000;
    expect((await ask()).status).toBe(200);
    clock.ahead = 1_201_000;
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'identity-unavailable', detail: expect.stringMatching(/refuses connections/) as string });
    expect(refused.headers['retry-after']).toBe('2');
  });
});

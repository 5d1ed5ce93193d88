import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kmsOfIdentity } from '#test/kms/support/kms-of-identity.ts';

const started = (rateLimit: object) => kmsOfIdentity({ identity: { server: { rate_limit: rateLimit } } });

const AUTHORIZE = '/oauth2/authorize?client_id=demo-public-client&response_type=code';

describe('A KMS that asks Identity more often than one address may', () => {
  let world: Awaited<ReturnType<typeof kmsOfIdentity>>;
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

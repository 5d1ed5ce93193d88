import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsResponse } from '#infra/http/client.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { basic, bearer, type KmsHouse, kmsHouse, runKms, type RunningKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const NAMES = ['demo-admin', 'demo-tenant-admin', 'demo-other-user', 'demo-file-user', 'demo-plaintext-user'] as const;
const unknown = `unknown-${randomUUIDv7()}`;

/** An answer without what differs from request to request. */
const shape = ({ status, headers, text }: HttpsResponse) => {
  const { instance: _, trace_id: __, ...body } = JSON.parse(text) as Record<string, unknown>;
  return { status, challenge: headers['www-authenticate'], body };
};

describe('A KMS that was seeded with --demo and runs without it', () => {
  let house: KmsHouse;
  let kms: RunningKms;
  let seeded: Readonly<Record<string, string>>;
  const warnings: string[] = [];
  const awake: number[] = [];
  beforeAll(async () => {
    house = await kmsHouse({ clients: { 'demo-service': [], [unknown]: [] } });
    {
      await using demo = await runKms(house);
      seeded = await demo.tenants();
      for (const name of NAMES) awake.push((await demo.send(KEYS, { headers: basic(name, `${name}-password`) })).status);
      // A service may not read elastic keys: 403, not 401.
      awake.push((await (await house.client('demo-service')).request({ url: `${demo.url}${KEYS}` })).status);
    }
    const silent = noTelemetry();
    const telemetry = { ...silent, log: { ...silent.log, warn: (text: string) => void warnings.push(text) } };
    kms = await runKms(house, { demo: false, telemetry });
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  it('knew all of the demo while it ran with --demo', () => {
    expect(awake).toEqual([...NAMES.map(() => 200), 403]);
  });

  it.each(NAMES)('refuses the right password of %s exactly as one of a name that is nobody’s', async (username) => {
    const password = `${username}-password`;
    const [asleep, nobody] = [
      await kms.send(KEYS, { headers: basic(username, password) }),
      await kms.send(KEYS, { headers: basic(unknown, password) }),
    ];
    expect(asleep.status).toBe(401);
    expect(shape(asleep)).toEqual(shape(nobody));
  });

  it('refuses a certificate of the demo exactly as one that is mapped to nobody', async () => {
    const ask = async (leaf: string) => (await house.client(leaf)).request({ url: `${kms.url}${KEYS}` });
    const asleep = await ask('demo-service');
    expect(asleep.status).toBe(401);
    expect(shape(asleep)).toEqual(shape(await ask(unknown)));
  });

  it('refuses a token for a tenant of the demo exactly as one for a tenant that never was', async () => {
    const ask = async (tenant: string) => kms.send(KEYS, { headers: bearer(await house.issuer.token(tenant)) });
    const asleep = await ask(seeded['demo'] ?? '');
    expect(asleep.status).toBe(401);
    expect(shape(asleep)).toEqual(shape(await ask(randomUUID())));
  });

  it('says once how much sleeps, and of nothing else of the demo', async () => {
    const atTheStart = warnings.filter((text) => /demo|plaintext/.test(text));
    expect(atTheStart).toEqual(['demo data sleeps here, and is not found without --demo: 2 tenants, 5 users']);
    expect((await kms.send('/readyz')).text).not.toContain('demo');
  });

  it('tells who wants a name that a sleeping tenant has why it is taken', async () => {
    const administrator = { username: `admin-${randomUUIDv7()}`, password: randomUUIDv7() };
    const answer = await kms.sendAdmin('/admin/v1/tenants', { method: 'POST', body: { name: 'demo', administrator } });
    expect(answer.json()).toMatchObject({ status: 409, code: 'tenant-name-used', fix: expect.stringContaining('sleep') as string });
  });

  it('finds all of it again when it runs with --demo', async () => {
    await kms[Symbol.asyncDispose]();
    kms = await runKms(house);
    expect(await kms.tenants()).toEqual(seeded);
    expect((await kms.send(KEYS, { headers: basic('demo-admin', 'demo-admin-password') })).status).toBe(200);
  });
});

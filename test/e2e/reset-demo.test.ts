import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { type DemoPlace, demoPlace, kmsOf } from '#test/support/cli.ts';
import { SEEDED_KEYS } from '#test/support/seeded-keys.ts';

let place: DemoPlace;
let report: Report;
let client: HttpsClient;

beforeAll(async () => {
  place = await demoPlace();
  report = JSON.parse((await place.run('demo', 'all', '--output', 'json')).stdout) as Report;
  client = createHttpsClient({ ca: await readFile(report.ca_file) });
}, 120_000);
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await place?.[Symbol.asyncDispose]();
}, 60_000);

const keyNames = async (username: string): Promise<readonly string[]> =>
  (await kmsOf(report, client, username).all('listElasticKeys', {})).map(({ name }) => name).toSorted();

describe('passthru reset-demo on running servers', () => {
  it('brings back exactly the seed, with new tenant ids, after a visitor renamed a key', async () => {
    const owner = kmsOf(report, client, 'demo-tenant-admin');
    const { id } = (await owner.elasticKeyNamed('demo-encryption-key')) ?? { id: 'none' };
    const mine = `mine-${randomUUIDv7()}`;
    await owner.invoke('changeElasticKey', { path: { id }, body: { name: mine } });
    const kept = SEEDED_KEYS.filter((name) => name !== 'demo-encryption-key');
    expect(await keyNames('demo-tenant-admin')).toEqual([...kept, mine].toSorted());
    const reset = await place.run('reset-demo', '--output', 'json');
    expect(reset.code, reset.stderr + reset.stdout).toBe(0);
    const after = await keyNames('demo-tenant-admin');
    expect(after).toEqual([...kept, 'demo-encryption-key'].toSorted());

    const again = JSON.parse((await place.run('demo', 'all', '--output', 'json')).stdout) as Report;
    expect(again.outcome).toBe('passed');
    for (const old of report.credentials) {
      const now = again.credentials.find((each) => each.username === old.username);
      expect(now?.tenant_id, old.username).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(now?.tenant_id).not.toBe(old.tenant_id);
    }
  });

  it('says what to do when no server runs', async () => {
    await using idle = await demoPlace();
    const run = await idle.run('reset-demo');
    expect(run.code).toBe(2);
    expect(run.stderr + run.stdout).toContain('passthru demo');
  });
});

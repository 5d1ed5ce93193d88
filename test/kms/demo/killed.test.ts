import { readdir, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { readUnsealKey } from '#kms/barrier/unseal-key.ts';
import { asSeeded, countAll, inspect, startWorld } from '#test/kms/support/demo-world.ts';
import { kmsProcess } from '#test/kms/support/kms-process.ts';
import { kmsHouse } from '#test/kms/support/kms-server.ts';

/** Resolves when the folder holds so many tenant databases. */
const untilDatabases = async (folder: string, count: number): Promise<void> => {
  const changes = watch(folder);
  const enough = async () => (await readdir(folder)).filter((name) => /^t_[0-9a-f]{32}\.sqlite$/.test(name)).length >= count;
  if (await enough()) return;
  for await (const _ of changes) if (await enough()) return;
};

/** When to kill: before the reset does anything, while it prepares the one and the other tenant, after it was acknowledged. */
const MOMENTS: Readonly<Record<string, (folder: string, acknowledged: Promise<unknown>) => Promise<unknown>>> = {
  'at once': async () => {},
  // Or after it, where the moment passed between two looks.
  'first tenant': (folder, acknowledged) => Promise.race([untilDatabases(folder, 3), acknowledged]),
  'second tenant': (folder, acknowledged) => Promise.race([untilDatabases(folder, 4), acknowledged]),
  acknowledged: (_, acknowledged) => acknowledged,
};

describe('a KMS that is killed with signal 9 while it resets', () => {
  it('has the old data or the new, whole and usable, and nothing else', async () => {
    await using house = await kmsHouse();
    const operator = await house.client('passthru-cli');
    const outcomes: string[] = [];
    for (const moment of Object.values(MOMENTS)) {
      await using kms = await kmsProcess(house);
      const before = (await operator.request({ url: `${kms.adminUrl}/admin/v1/demo` })).json<{ tenants: Record<string, string> }>().tenants;
      const reset = operator
        .request({ method: 'POST', url: `${kms.adminUrl}/admin/v1/demo/reset`, body: {} })
        .then((response) => response.json<{ tenants: Record<string, string> }>().tenants)
        .catch(() => null);
      await moment(join(house.folder, 'data'), reset);
      await kms.end('SIGKILL');
      const acknowledged = await reset;

      await using databases = await openDatabases(house.config.database);
      const unsealKey = await readUnsealKey(house.config.unseal);
      const world = await startWorld(databases, unsealKey ?? new Uint8Array());
      const { tenants } = await world.demo.state();
      const isOld = tenants['demo'] === before['demo'];
      // An acknowledged write is there after kill -9.
      expect(tenants).toEqual(acknowledged ?? (isOld ? before : tenants));
      expect(await inspect(world)).toEqual(asSeeded(world.seed, tenants));
      const all = await countAll(databases, world);
      expect(all).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2, retiredUsers: 0 });
      expect(all.databases).toEqual(all.named);
      outcomes.push(isOld ? 'old' : 'new');
    }
    expect(new Set(outcomes)).toEqual(new Set(['old', 'new']));
  });
});

describe('a KMS that is asked to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with exit code 0 after %s', async (signal) => {
    await using house = await kmsHouse();
    await using kms = await kmsProcess(house);
    expect(await kms.end(signal)).toBe(0);
  });

  it('wrote JSON log lines and no secret', async () => {
    await using house = await kmsHouse();
    await using kms = await kmsProcess(house);
    const client = await house.client();
    const token = await house.issuer.token('');
    for (const authorization of [`Bearer ${token}`, `Basic ${Buffer.from('demo-user:demo-user-password').toString('base64')}`])
      await client.request({ url: `${kms.url}/service/api/v1/elastic-keys`, headers: { authorization } });
    await kms.end('SIGTERM');
    expect(kms.log.length).toBeGreaterThan(3);
    for (const line of kms.log) expect(JSON.parse(line)).toHaveProperty('body');
    expect(kms.log.join('\n')).not.toMatch(/demo-user-password|ZGVtby11c2Vy|eyJ|pbkdf2|passthru-share/);
  });
});

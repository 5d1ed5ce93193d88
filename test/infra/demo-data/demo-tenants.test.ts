import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DemoTenants, readDemoTenants, refuseUnknownTenants, sameTenants, tenantIds } from '#infra/demo-data/demo-tenants.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const read = async (text: string): Promise<unknown> => {
  await using folder = await temporaryDirectory();
  const file = join(folder.path, 'tenants.json');
  await writeFile(file, text);
  return await readDemoTenants(file).catch((error: unknown) => error);
};

describe('the file of demo tenants', () => {
  it('gives the ids that were chosen, and none where there is no file', async () => {
    const tenants = { demo: randomUUID(), 'demo-other': randomUUID() };
    expect(await read(JSON.stringify(tenants))).toEqual(tenants);
    expect(await readDemoTenants(join('/nonexistent', randomUUIDv7()))).toEqual({});
    expect(await readDemoTenants(undefined)).toEqual({});
  });

  it.each([
    ['text that is no JSON', '{'],
    ['an id that is no UUIDv4', JSON.stringify({ demo: randomUUIDv7() })],
    ['an id in capitals', JSON.stringify({ demo: randomUUID().toUpperCase() })],
    ['a list', '[]'],
    ['a name with a path', JSON.stringify({ '../demo': randomUUID() })],
  ])('is refused with %s', async (_, text) => {
    expect(await read(text)).toMatchObject({ code: 'config-invalid' });
  });

  it('leaves the ids that it does not have to chance', () => {
    const demo = randomUUID();
    const ids = tenantIds(['demo', 'demo-other', 'constructor'], { demo });
    expect(ids['demo']).toBe(demo);
    expect(new Set(Object.values(ids)).size).toBe(3);
    for (const id of Object.values(ids)) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  });
});

describe('tenants given for a demo', () => {
  it('are refused by name when the seed does not have them', () => {
    const stranger = `tenant-${randomUUIDv7()}`;
    const given = { demo: randomUUID(), [stranger]: randomUUID() };
    expect(() => refuseUnknownTenants(['demo', 'demo-other'], given)).toThrow(
      expect.objectContaining({
        code: 'demo-tenant-unknown',
        status: 400,
        fields: [expect.objectContaining({ field: `/tenants/${stranger}` })],
      }),
    );
  });

  it('may be fewer than the seed has, or none', () => {
    expect(() => refuseUnknownTenants(['demo', 'demo-other'], { demo: randomUUID() })).not.toThrow();
    expect(() => refuseUnknownTenants(['demo', 'demo-other'], {})).not.toThrow();
  });
});

describe('demo tenants', () => {
  it('are the same with the same names and ids, whatever their order', () => {
    const tenants = { demo: randomUUID(), 'demo-other': randomUUID() };
    expect(sameTenants(tenants, Object.fromEntries(Object.entries(tenants).toReversed()))).toBe(true);
    const others: DemoTenants[] = [
      { ...tenants, demo: randomUUID() },
      { demo: tenants.demo },
      { ...tenants, 'demo-third': randomUUID() },
      {},
    ];
    for (const other of others) {
      expect(sameTenants(tenants, other)).toBe(false);
      expect(sameTenants(other, tenants)).toBe(false);
    }
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Databases } from '#infra/database/databases.ts';
import { openBarrier } from '#kms/barrier/open-barrier.ts';
import type { KmsEvent } from '#kms/events.ts';
import { createRowIntegrity } from '#kms/integrity/create-row-integrity.ts';
import { adoptRows } from '#kms/tenants/adopt-rows.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { openService } from '#test/support/kms-keys.ts';
import { asSeeded, type DemoWorld, inspect, openWorld, startWorld } from '../support/demo-world.ts';
import { asBeforeLedgers, asBeforeTags } from '../support/untagged-rows.ts';

const unsealKey = new Uint8Array(randomBytes(32));
const ids = () => ({ demo: randomUUID(), 'demo-other': randomUUID() });

/** The part of a start that adopts rows, in a process of its own. */
const start = async (databases: Databases, allowed = true, events: KmsEvent[] = []): Promise<readonly KmsEvent[]> => {
  const service = await openService(databases);
  const barrier = await openBarrier({ databases, service, unsealKey, now: Date.now });
  const rows = createRowIntegrity({ barrier });
  await adoptRows({ databases, service, barrier, rows, allowed, emit: (event) => void events.push(event) });
  return events;
};

describe.each(databaseKinds())('Rows from before rows were authenticated, on %s', (kind) => {
  const setUp = async () => {
    const test = await withDatabases(kind);
    const tenants = ids();
    const world = await startWorld(test.databases, unsealKey);
    await world.demo.seed(tenants);
    await asBeforeTags(test.databases, unsealKey);
    return {
      test,
      seeded: asSeeded(world.seed, tenants),
      /** A process that reads the rows. */
      reader: (): Promise<DemoWorld> => openWorld(test.databases, unsealKey),
      [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
    };
  };

  it('are adopted by the first start that may, once, and work as before', async () => {
    await using old = await setUp();
    await expect((await old.reader()).demo.state()).rejects.toMatchObject({ code: 'row-damaged' });
    expect(await start(old.test.databases)).toEqual([{ type: 'rows-adopted', tenants: 2, users: 5, keys: 11 }]);
    expect(await inspect(await old.reader())).toEqual(old.seeded);
    expect(await start(old.test.databases)).toEqual([]);
  });

  it('are adopted by nobody unless the configuration says so, and the error says how', async () => {
    await using old = await setUp();
    await expect(start(old.test.databases, false)).rejects.toMatchObject({
      code: 'rows-not-adopted',
      status: 503,
      fix: expect.stringContaining('unseal.adopt_rows'),
    });
    await expect((await old.reader()).demo.state()).rejects.toMatchObject({ code: 'row-damaged' });
  });

  it('are adopted once by two replicas that start at the same moment', async () => {
    await using old = await setUp();
    // SQLite files have one process.
    const [one, two] = [old.test.databases, kind === 'sqlite' ? old.test.databases : await old.test.reopen()];
    const told = (await Promise.all([start(one), start(two)])).flat();
    expect(told).toEqual([{ type: 'rows-adopted', tenants: 2, users: 5, keys: 11 }]);
    expect(await inspect(await old.reader())).toEqual(old.seeded);
  });

  it('are no way round the tags of a database that has them: a row without one stays refused, whatever is allowed', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    await world.demo.seed(ids());
    await world.service.db.updateTable('kms_realm_users').set({ row_revision: 0, row_tag: null }).execute();
    expect(await start(test.databases)).toEqual([]);
    await expect((await openWorld(test.databases, unsealKey)).demo.state()).rejects.toMatchObject({ code: 'row-damaged' });
  });

  it('are all adopted again after a start that was cut off half-way', async () => {
    await using old = await setUp();
    const service = await openService(old.test.databases);
    const barrier = await openBarrier({ databases: old.test.databases, service, unsealKey, now: Date.now });
    const rows = createRowIntegrity({ barrier });
    const cut = { rowsToAdopt: barrier.rowsToAdopt, rowsAdopted: () => Promise.reject(new Error('cut off')) };
    const half = adoptRows({ databases: old.test.databases, service, barrier: cut, rows, allowed: true, emit: () => {} });
    await expect(half).rejects.toThrow('cut off');
    expect(await start(old.test.databases)).toHaveLength(1);
    expect(await inspect(await old.reader())).toEqual(old.seeded);
  });

  it('are adopted with all databases of tenants or not at all', async () => {
    await using old = await setUp();
    const [name = ''] = (await old.test.databases.names()).filter((each) => each.startsWith('t_'));
    await old.test.databases.drop(name);
    await expect(start(old.test.databases)).rejects.toMatchObject({ code: 'database-missing' });
    await expect(start(old.test.databases, false)).rejects.toMatchObject({ code: 'rows-not-adopted' });
  });
});

describe.each(databaseKinds())('Rows with tags from before there were ledgers, on %s', (kind) => {
  it('are refused until a start that may lists them, once, and work as before', async () => {
    await using test = await withDatabases(kind);
    const tenants = ids();
    const world = await startWorld(test.databases, unsealKey);
    await world.demo.seed(tenants);
    await asBeforeLedgers(test.databases, unsealKey);
    await expect((await openWorld(test.databases, unsealKey)).demo.state()).rejects.toMatchObject({ code: 'row-damaged' });
    await expect(start(test.databases, false)).rejects.toMatchObject({ code: 'rows-not-adopted' });
    expect(await start(test.databases)).toEqual([{ type: 'rows-adopted', tenants: 2, users: 5, keys: 11 }]);
    expect(await inspect(await openWorld(test.databases, unsealKey))).toEqual(asSeeded(world.seed, tenants));
    expect(await start(test.databases)).toEqual([]);
  });

  it('are not listed with one among them whose tag is wrong', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    await world.demo.seed(ids());
    await asBeforeLedgers(test.databases, unsealKey);
    await world.service.db.updateTable('kms_realm_users').set({ roles: '["admin"]' }).execute();
    await expect(start(test.databases)).rejects.toMatchObject({ code: 'row-damaged' });
    await expect((await openWorld(test.databases, unsealKey)).demo.state()).rejects.toMatchObject({ code: 'row-damaged' });
  });

  it('are not what a database becomes whose ledger was taken away', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    await world.demo.seed(ids());
    await world.service.db.deleteFrom('row_ledger').execute();
    expect(await start(test.databases)).toEqual([]);
    await expect((await openWorld(test.databases, unsealKey)).demo.state()).rejects.toMatchObject({ code: 'row-damaged' });
  });
});

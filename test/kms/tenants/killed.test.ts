import { spawn } from 'node:child_process';
import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseKind } from '#infra/database/config.ts';
import { newIdempotencyKey } from '#test/kms/support/keyed-caller.ts';
import { tenantsWorld, type TenantsWorld } from '#test/kms/support/tenants-world.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { failingDatabases } from '../demo/failing-databases.ts';
import { ACTS, type ActName, type Asked } from './killed-acts.ts';
import type { KilledTask } from './killed-process.ts';

const PROGRAM = fileURLToPath(new URL('./killed-process.ts', import.meta.url));
/** Acts that die in this process; a suspension is one transaction, which the databases end alike. */
const DYING: Readonly<Record<DatabaseKind, readonly ActName[]>> = {
  sqlite: ['create', 'suspend', 'remove'],
  postgres: ['create', 'remove'],
};
/** Every write of SQLite, and each transaction of PostgreSQL, which takes longer to begin anew. */
const STEP: Readonly<Record<DatabaseKind, number>> = { sqlite: 1, postgres: 3 };
/** Acts of a process that is killed; a connection to PostgreSQL ends alike, whatever it was used for. */
const KILLED: Readonly<Record<DatabaseKind, readonly ActName[]>> = { sqlite: ['create', 'remove'], postgres: ['create'] };
const DAY_MS = 86_400_000;
/** Many starts, and on PostgreSQL the ends of many leases. */
const TIME_OUT_MS = 180_000;
const unsealKey = new Uint8Array(randomBytes(32));

describe.each(databaseKinds())('An act on a tenant on %s', (kind) => {
  let test: TestDatabases;
  let world: TenantsWorld;
  let subject: string;
  beforeAll(async () => {
    test = await withDatabases(kind);
    world = await tenantsWorld(test.databases, unsealKey);
    ({ subject } = world.operator);
  });
  afterAll(() => test?.[Symbol.asyncDispose]());

  /** A name, and a tenant that has it where the act is about one. */
  const prepare = async (act: ActName): Promise<Asked> => {
    const asked = { name: `t-${randomUUIDv7()}`, subject, key: newIdempotencyKey(), now: world.clock.now + 2 * DAY_MS };
    if (act === 'create') return asked;
    const { id } = await world.administration.create(world.operator, { name: asked.name });
    await world.keys.elasticKeys.create(world.callerOf(id), { name: 'key', algorithm: 'A256GCM/A256KW' });
    if (act === 'remove') await world.administration.scheduleRemoval(world.operator, id, { waitDays: 1 });
    return asked;
  };

  /** The next start, which sweeps; SQLite files have one process, so the one before is gone. */
  const restart = async (): Promise<void> => {
    await test.databases[Symbol.asyncDispose]();
    const databases = await test.reopen();
    test = { ...test, databases };
    world = await tenantsWorld(databases, unsealKey, { start: true });
  };

  /** The state of the tenant, with all that belongs to it and nothing else of anything. */
  const found = async ({ name }: Asked): Promise<string> => {
    const { db } = world.service;
    const rows = await db.selectFrom('kms_tenants').selectAll().execute();
    const kept = rows.filter(({ state }) => state !== 'removed');
    const keys = await db.selectFrom('barrier_keys').select('owner').where('purpose', '=', 'content').execute();
    expect(keys.map(({ owner }) => owner).toSorted()).toEqual(kept.map(({ id }) => id).toSorted());
    const names = (await test.databases.names()).filter((each) => each.startsWith('t_'));
    expect(names.toSorted()).toEqual(kept.map(({ schema_name }) => schema_name).toSorted());
    expect(await db.selectFrom('kms_databases_to_drop').selectAll().execute()).toEqual([]);
    const row = rows.find((each) => each.name === name);
    if (row !== undefined && row.state !== 'removed') {
      const tenant = await world.tenants.keptById(row.id);
      expect((await tenant?.database())?.name).toBe(row.schema_name);
    }
    return row?.state ?? 'none';
  };

  const BEFORE = { create: 'none', suspend: 'active', remove: 'pending-removal' } as const satisfies Record<ActName, string>;
  const AFTER = { create: 'active', suspend: 'suspended', remove: 'removed' } as const satisfies Record<ActName, string>;

  it.each(DYING[kind])(
    '(%s) that dies at any of its writes leaves all of it or nothing, and is done when it is asked for again',
    async (act) => {
      let writes = 0;
      let first: Asked | undefined;
      for (let died = true; died; writes += STEP[kind]) {
        const asked = await prepare(act);
        await test.databases[Symbol.asyncDispose]();
        const failing = failingDatabases(await test.reopen(), writes + 1);
        const dying = await tenantsWorld(failing, unsealKey);
        const result = await ACTS[act](dying, asked).then(
          () => null,
          (error: unknown) => error,
        );
        died = failing.died();
        await failing[Symbol.asyncDispose]();
        await restart();
        const left = await found(asked);
        // Killed after the commit: nobody was told, and it holds.
        expect([BEFORE[act], AFTER[act]], `write ${writes + 1}`).toContain(left);
        // Who was answered finds it.
        expect(result === null ? left : AFTER[act], `write ${writes + 1}`).toBe(AFTER[act]);
        expect(result === null, `write ${writes + 1}`).toBe(!died);
        first ??= asked;
      }
      expect(writes).toBeGreaterThan(4);
      // It died before anything was written; asked for again, it is done.
      if (first === undefined) throw new Error('nothing died');
      await ACTS[act](world, first);
      expect(await found(first)).toBe(AFTER[act]);
    },
    TIME_OUT_MS,
  );

  it.each(KILLED[kind])(
    '(%s) whose process is killed with signal 9 in the middle leaves nothing; acknowledged before, it is there',
    async (act) => {
      for (const [write, left] of [
        [3, BEFORE[act]],
        [null, AFTER[act]],
      ] as const) {
        const asked = await prepare(act);
        await test.databases[Symbol.asyncDispose]();
        const task: KilledTask = { config: test.config, unsealKey: Buffer.from(unsealKey).toString('hex'), act, asked, write };
        const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'inherit', 'inherit'] });
        child.stdin.end(JSON.stringify(task));
        await once(child, 'exit');
        expect(child.signalCode).toBe('SIGKILL');
        await restart();
        expect([write, await found(asked)]).toEqual([write, left]);
      }
    },
    TIME_OUT_MS,
  );
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseKind } from '#infra/database/config.ts';
import type { Caller } from '#kms/caller.ts';
import { newIdempotencyKey, withKey } from '#test/kms/support/keyed-caller.ts';
import { openingOf } from '#test/kms/support/keys-of-process.ts';
import { type Watch, watchedDatabase } from '#test/kms/support/watched-database.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { testCaller } from '#test/support/kms-caller.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';
import { ACTS, type ActName } from './killed-acts.ts';
import type { KilledTask } from './killed-process.ts';

const PROGRAM = fileURLToPath(new URL('./killed-process.ts', import.meta.url));
const NAMES = Object.keys(ACTS) as ActName[];
/** Acts of a process that is killed; transactions of PostgreSQL end alike with their connection, whatever they are about. */
const KILLED: Readonly<Record<DatabaseKind, readonly ActName[]>> = { sqlite: NAMES, postgres: ['rotate'] };

/** All that a caller sees of his keys. */
const allOf = async ({ elasticKeys, materialKeys }: TestKms, caller: Caller) => {
  const { items } = await elasticKeys.list(caller);
  return Promise.all(items.map(async (key) => ({ key, versions: (await materialKeys.list(caller, key.id)).items })));
};

/** Whatever may protect does, and what it made opens. */
const mustWork = async (kms: TestKms, caller: Caller): Promise<void> => {
  for (const { key, versions } of await allOf(kms, caller)) {
    if (key.state !== 'active' || versions[0]?.state !== 'active') continue;
    const plaintext = new TextEncoder().encode(key.id);
    const { jwe } = await kms.crypto.encrypt(caller, key.id, { plaintext });
    expect(await kms.crypto.decrypt(caller, key.id, { jwe })).toEqual(plaintext);
  }
};

/** The same caller, whose database is watched. */
const watched = async (caller: Caller, watch: Watch): Promise<Caller> => {
  const database = watchedDatabase(await caller.tenant.database(), watch);
  return { ...caller, tenant: { ...caller.tenant, database: async () => database } };
};

describe.each(databaseKinds())('A change on %s', (kind) => {
  let databases: TestDatabases;
  let kms: TestKms;
  beforeAll(async () => {
    databases = await withDatabases(kind);
    kms = await testKms(databases);
  });
  afterAll(() => databases?.[Symbol.asyncDispose]());

  const tenant = async (): Promise<Caller> => {
    const id = await kms.addTenant();
    return testCaller({ id, name: `tenant-${id}`, database: () => kms.database(id) });
  };

  /** A tenant in which an act may be asked for. */
  const world = async (act: ActName) => {
    const caller = await tenant();
    const asked = await ACTS[act].prepare(kms, caller);
    return { caller, asked, before: await allOf(kms, caller) };
  };

  const killedAt = async (caller: Caller, task: KilledTask): Promise<void> => {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'inherit', 'inherit'] });
    child.stdin.end(openingOf(databases, kms, caller, task));
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
  };

  /** How often an act writes, its commit included. */
  const writesOf = async (act: ActName): Promise<number> => {
    const caller = await tenant();
    const asked = await ACTS[act].prepare(kms, caller);
    let writes = 0;
    await ACTS[act].run(kms, withKey(await watched(caller, { write: () => void (writes += 1) })), asked);
    return writes;
  };

  it.each(NAMES)('(%s) that dies at any of its writes has made nothing, and is made when it is asked for again', async (act) => {
    const { caller, asked, before } = await world(act);
    const key = newIdempotencyKey();
    const writes = await writesOf(act);
    expect(writes).toBeGreaterThan(3);
    for (let last = 1; last <= writes; last += 1) {
      let done = 0;
      const die = (): void => {
        if (done >= last) throw new Error(`dead at write ${last}`);
      };
      const write = (): void => {
        done += 1;
        die();
      };
      const dying = withKey(await watched(caller, { write, read: die }), key);
      await expect(ACTS[act].run(kms, dying, asked)).rejects.toThrow(`dead at write ${last}`);
      expect(await allOf(kms, caller), `write ${last}`).toEqual(before);
    }
    await ACTS[act].run(kms, withKey(caller, key), asked);
    expect(await allOf(kms, caller)).not.toEqual(before);
    await mustWork(kms, caller);
  });

  it.each(KILLED[kind])('(%s) whose process is killed with signal 9 before the commit has made nothing, and is made later', async (act) => {
    const { caller, asked, before } = await world(act);
    const key = newIdempotencyKey();
    await killedAt(caller, { act, asked, key, write: await writesOf(act) });
    expect(await allOf(kms, caller)).toEqual(before);
    await ACTS[act].run(kms, withKey(caller, key), asked);
    expect(await allOf(kms, caller)).not.toEqual(before);
    await mustWork(kms, caller);
  });

  it.each(KILLED[kind].filter((act) => act !== 'destroy'))(
    '(%s) whose process is killed with signal 9 after the commit holds, and is answered when it is asked for again',
    async (act) => {
      const { caller, asked, before } = await world(act);
      const key = newIdempotencyKey();
      await killedAt(caller, { act, asked, key, write: null });
      const after = await allOf(kms, caller);
      expect(after).not.toEqual(before);
      const answer = await ACTS[act].run(kms, withKey(caller, key), asked);
      expect(after.flatMap(({ key: of, versions }) => [of, ...versions])).toContainEqual(answer);
      expect(await allOf(kms, caller)).toEqual(after);
      await mustWork(kms, caller);
    },
  );

  it('of the service itself (destroy) whose process is killed with signal 9 after the commit holds, and is not due again', async () => {
    const { caller, asked } = await world('destroy');
    await killedAt(caller, { act: 'destroy', asked, key: newIdempotencyKey(), write: null });
    expect(await allOf(kms, caller)).toMatchObject([{ key: { state: 'destroyed' }, versions: [{ state: 'destroyed' }] }]);
    await expect(ACTS.destroy.run(kms, caller, asked)).rejects.toMatchObject({ code: 'deletion-not-due' });
  });
});

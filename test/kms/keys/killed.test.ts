import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#kms/caller.ts';
import { newIdempotencyKey, withKey } from '#test/kms/support/keyed-caller.ts';
import { openingOf } from '#test/kms/support/keys-of-process.ts';
import { watchedDatabase } from '#test/kms/support/watched-database.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { testCaller } from '#test/support/kms-caller.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';
import { ACTS, type ActName } from './killed-acts.ts';
import type { KilledTask } from './killed-process.ts';

const PROGRAM = fileURLToPath(new URL('./killed-process.ts', import.meta.url));

/** All that a caller sees of his keys. */
const allOf = async ({ elasticKeys, materialKeys }: TestKms, caller: Caller) => {
  const { items } = await elasticKeys.list(caller);
  return Promise.all(items.map(async (key) => ({ key, versions: (await materialKeys.list(caller, key.id)).items })));
};

const mustWork = async ({ crypto }: TestKms, caller: Caller, id: string): Promise<void> => {
  const plaintext = new TextEncoder().encode(id);
  const { jwe } = await crypto.encrypt(caller, id, { plaintext });
  expect(await crypto.decrypt(caller, id, { jwe })).toEqual(plaintext);
};

describe.each(databaseKinds())('A KMS on %s that is killed with signal 9', (kind) => {
  let databases: TestDatabases;
  let kms: TestKms;
  beforeAll(async () => {
    databases = await withDatabases(kind);
    kms = await testKms(databases);
  });
  afterAll(() => databases?.[Symbol.asyncDispose]());

  /** A tenant with one key. */
  const tenant = async () => {
    const id = await kms.addTenant();
    const caller = testCaller({ id, name: `tenant-${id}`, database: () => kms.database(id) });
    return { caller, elasticKeyId: (await kms.make('A256GCM/A256KW', { caller })).id };
  };

  const killedAt = async (caller: Caller, task: KilledTask): Promise<void> => {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'inherit', 'inherit'] });
    child.stdin.end(openingOf(databases, kms, caller, task));
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
  };

  /** How often an act writes, its commit included. */
  const writesOf = async (act: ActName): Promise<number> => {
    const { caller, elasticKeyId } = await tenant();
    let writes = 0;
    const watched = await caller.tenant.database().then((database) => watchedDatabase(database, { write: () => void (writes += 1) }));
    await ACTS[act](kms, withKey({ ...caller, tenant: { ...caller.tenant, database: async () => watched } }), elasticKeyId);
    return writes;
  };

  it.each(Object.keys(ACTS) as ActName[])(
    'has made nothing of a change (%s) at whose writes it was killed, and makes it when it is asked again',
    async (act) => {
      const writes = await writesOf(act);
      expect(writes).toBeGreaterThan(4);
      // At each of them; a connection to PostgreSQL ends alike wherever it is, so there the first and the commit stand for all.
      const at = kind === 'sqlite' ? Array.from({ length: writes }, (_, index) => index + 1) : [1, writes];
      await Promise.all(
        at.map(async (write) => {
          const { caller, elasticKeyId } = await tenant();
          const before = await allOf(kms, caller);
          const key = newIdempotencyKey();
          await killedAt(caller, { act, elasticKeyId, key, write });
          expect(await allOf(kms, caller)).toEqual(before);
          await ACTS[act](kms, withKey(caller, key), elasticKeyId);
          for (const { key: made } of await allOf(kms, caller)) await mustWork(kms, caller, made.id);
        }),
      );
    },
  );

  it.each(Object.keys(ACTS) as ActName[])(
    'between commit and answer of a change (%s) has made it, and answers it when it is asked again',
    async (act) => {
      const { caller, elasticKeyId } = await tenant();
      const key = newIdempotencyKey();
      await killedAt(caller, { act, elasticKeyId, key });
      const made = await allOf(kms, caller);
      const answer = await ACTS[act](kms, withKey(caller, key), elasticKeyId);
      expect(await allOf(kms, caller)).toEqual(made);
      expect(made.flatMap(({ key: of, versions }) => [of, ...versions])).toContainEqual(answer);
      for (const { key: of } of made) await mustWork(kms, caller, of.id);
    },
  );
});

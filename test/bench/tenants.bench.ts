import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { DatabaseKind } from '#infra/database/config.ts';
import type { Databases } from '#infra/database/databases.ts';
import type { Caller } from '#kms/caller.ts';
import { withDatabases } from '#test/support/database.ts';
import { tenantsWorld } from '../kms/support/tenants-world.ts';
import { type Compared, type Comparison, pairsOf } from './suite.ts';

const MANY = 200;
/** A call in another tenant each time finds nothing of it in the caches of the processor, however few there are: these are many enough. */
const SOME = 20;
const AIM = 1.2;
/** Tenants that are made at the beginning, and at the end, of so many. */
const COMPARED = 20;

/** Longer than any lease, in milliseconds: the next call asks the database. */
const LEASES_END_MS = 60_000;

const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;

/** A KMS with so many tenants, each with a key that was used, and the milliseconds that each took to be made. */
const kmsWith = async (kind: DatabaseKind, tenants: number) => {
  await using opened = new AsyncDisposableStack();
  const { databases } = opened.use(await withDatabases(kind));
  // Nobody waits for the ends of leases, which take the same however many tenants there are.
  const open: Databases['open'] = async <T>(...[name, migrations, options]: Parameters<Databases['open']>) => ({
    ...(await databases.open<T>(name, migrations, options)),
    kind: 'sqlite' as const,
  });
  let elapsed = 0;
  const before = { files: await openFiles(), heap: process.memoryUsage().heapUsed };
  const world = await tenantsWorld({ ...databases, open }, new Uint8Array(randomBytes(32)), { max: 10_000, elapsed: () => elapsed });
  const { administration, operator, keys, callerOf } = world;
  const plaintext = randomBytes(1024);
  const made: { readonly id: string; readonly caller: Caller; readonly keyId: string }[] = [];
  const took: number[] = [];
  for (let n = 0; n < tenants; n += 1) {
    const began = performance.now();
    const { id } = await administration.create(operator, { name: `tenant-${String(n).padStart(4, '0')}` });
    took.push(performance.now() - began);
    const caller = callerOf(id);
    const key = await keys.elasticKeys.create(caller, { name: 'key', algorithm: 'A256GCM/A256KW' });
    await keys.crypto.encrypt(caller, key.id, { plaintext });
    made.push({ id, caller, keyId: key.id });
  }
  const [first] = made;
  if (first === undefined) throw new Error('no tenant');
  globalThis.gc?.();
  const megabytes = (process.memoryUsage().heapUsed - before.heap) / 2 ** 20;
  console.log(`${tenants} tenants on ${kind}: ${(await openFiles()) - before.files} open files, ${megabytes.toFixed(1)} MiB of heap`);
  let turn = 0;
  const next = () => made[(turn += 1) % made.length] ?? first;
  const kept = opened.move();
  return {
    took,
    tasks: {
      'encrypt in one tenant': () => keys.crypto.encrypt(first.caller, first.keyId, { plaintext }),
      'encrypt with a key from the database, each time in another tenant': () => {
        const { caller, keyId } = next();
        elapsed += LEASES_END_MS;
        return keys.crypto.encrypt(caller, keyId, { plaintext });
      },
      'find a tenant without a lease': () => {
        world.tenants.forget();
        return world.tenants.byId(first.id);
      },
      'read a key from the database, each time of another tenant': () => {
        const { caller, keyId } = next();
        return keys.elasticKeys.read(caller, keyId);
      },
      'create a key': () =>
        keys.elasticKeys.create(first.caller, { name: `key-${randomBytes(8).toString('hex')}`, algorithm: 'A256GCM/A256KW' }),
      'list the first tenant': () => administration.list(operator, { limit: 1 }),
      'read a tenant by its name': () => administration.read(operator, 'tenant-0000'),
      'describe a tenant': () => administration.change(operator, first.id, { description: randomBytes(8).toString('hex') }),
    } satisfies Record<string, () => Promise<unknown>>,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};

/** A call to a KMS with many tenants against the same call to one with a single tenant; where each is in another tenant, with some. */
const manyTenants =
  (kind: DatabaseKind): Comparison =>
  async () => {
    await using one = await kmsWith(kind, 1);
    await using some = await kmsWith(kind, SOME);
    await using many = await kmsWith(kind, MANY);
    const lastAndFirst = Array.from({ length: COMPARED }, (_, n) => [many.took[MANY - 1 - n] ?? 0, many.took[n] ?? 0] as const);
    const compared: Compared[] = [
      {
        ours: `create a tenant on ${kind}, the last ${COMPARED} of ${MANY}`,
        theirs: `the first ${COMPARED}`,
        aim: AIM,
        pairs: lastAndFirst,
      },
    ];
    for (const name of Object.keys(one.tasks) as (keyof typeof one.tasks)[]) {
      const [few, of] = name.includes('each time') ? [some, SOME] : [one, 1];
      // Each database has its statements compiled once.
      for (let n = 0; n < MANY; n += 1) for (const { tasks } of [few, many]) await tasks[name]();
      const pairs = await pairsOf(many.tasks[name], few.tasks[name]);
      compared.push({ ours: `${name} on ${kind}, of ${MANY}`, theirs: `of ${of}`, aim: AIM, pairs });
    }
    return compared;
  };

/** That of PostgreSQL needs PASSTHRU_TEST_POSTGRES, the file with its configuration. */
export const tenantsComparisons: Readonly<Record<string, Comparison>> = {
  'flat-tenants': manyTenants('sqlite'),
  'flat-tenants-postgres': manyTenants('postgres'),
};

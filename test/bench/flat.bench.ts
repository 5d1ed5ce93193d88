import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { type Compared, type Comparison, pairsOf } from './suite.ts';

const [FEW, MANY] = [10, 10_000];
const VERSIONS = 1_000;
const AIM = 1.2;
/** Longer than any lease, in milliseconds: the next call asks the database. */
const LEASES_END_MS = 60_000;

/** A KMS on SQLite with so many elastic keys, of which ten have the label that is looked for. */
const kmsWith = async (keys: number) => {
  await using opened = new AsyncDisposableStack();
  const kms = await testKms(opened.use(await withDatabases('sqlite')));
  const { caller, elasticKeys, crypto, clock } = kms;
  const ids: string[] = [];
  for (let n = 0; n < keys; n += 1) {
    const labels = { env: n % (keys / FEW) === 0 ? 'wanted' : 'other' };
    const { id } = await elasticKeys.create(caller, { name: `key-${String(n).padStart(6, '0')}`, algorithm: 'A256GCM/A256KW', labels });
    ids.push(id);
  }
  const plaintext = randomBytes(1024);
  const kept = opened.move();
  return {
    tasks: {
      'encrypt with a key in memory': () => crypto.encrypt(caller, ids[0] ?? '', { plaintext }),
      'encrypt with a key from the database': () => {
        clock.elapsed += LEASES_END_MS;
        return crypto.encrypt(caller, ids[0] ?? '', { plaintext });
      },
      'read a key by its name': () => elasticKeys.read(caller, 'key-000007'),
      'list the first ten keys': () => elasticKeys.list(caller, { limit: FEW }),
      'list the ten keys with a label': () => elasticKeys.list(caller, { limit: FEW, labels: [{ name: 'env', value: 'wanted' }] }),
      'create a key': () => elasticKeys.create(caller, { name: `new-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' }),
    } satisfies Record<string, () => Promise<unknown>>,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};

/** A call to a KMS with many keys against the same call to one with few. */
const manyKeys: Comparison = async () => {
  await using few = await kmsWith(FEW);
  await using many = await kmsWith(MANY);
  const compared: Compared[] = [];
  for (const name of Object.keys(few.tasks) as (keyof typeof few.tasks)[]) {
    const pairs = await pairsOf(many.tasks[name], few.tasks[name]);
    compared.push({ ours: `${name}, of ${MANY}`, theirs: `of ${FEW}`, aim: AIM, pairs });
  }
  return compared;
};

/** A key with many versions against one with two: its newest is used, and its versions are listed. */
const manyVersions: Comparison = async () => {
  await using databases = await withDatabases('sqlite');
  const kms = await testKms(databases);
  const { caller, crypto, elasticKeys, materialKeys, clock } = kms;
  const keyOf = async (versions: number): Promise<string> => {
    const { id } = await kms.make('A256GCM/A256KW');
    for (let n = 1; n < versions; n += 1) {
      await materialKeys.rotate(caller, id);
      // So many versions are in use at most; the older ones are kept and listed.
      if (n % 100 === 0) await elasticKeys.change(caller, id, { minDecryptionVersion: n });
    }
    return id;
  };
  const [two, many] = [await keyOf(2), await keyOf(VERSIONS)];
  const plaintext = randomBytes(1024);
  const tasks = {
    'encrypt with the newest version, from the database': (id: string) => {
      clock.elapsed += LEASES_END_MS;
      return crypto.encrypt(caller, id, { plaintext });
    },
    'list two versions': (id: string) => materialKeys.list(caller, id, { limit: 2 }),
    'read the elastic key': (id: string) => elasticKeys.read(caller, id),
  };
  const compared: Compared[] = [];
  for (const [name, task] of Object.entries(tasks)) {
    const pairs = await pairsOf(
      () => task(many),
      () => task(two),
    );
    compared.push({
      ours: `${name}, of ${VERSIONS} versions`,
      theirs: 'of two',
      aim: AIM,
      pairs,
    });
  }
  return compared;
};

/** Costs that do not grow with what is stored. */
export const flatComparisons: Readonly<Record<string, Comparison>> = { 'flat-keys': manyKeys, 'flat-versions': manyVersions };

import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Seed } from '#kms/demo/seed-file.ts';
import { addRealTenant, asSeeded, countAll, type DemoWorld, inspect, openWorld, startWorld } from '#test/kms/support/demo-world.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { failingDatabases } from '#test/kms/demo/failing-databases.ts';

const fresh = () => ({ demo: randomUUID(), 'demo-other': randomUUID() });
type Ids = ReturnType<typeof fresh>;

interface Scene {
  /** It begins the demo, where nothing else is. The others find the old tenants, and one that is none of the demo's. */
  readonly begins?: true;
  /** Brings the world to where the interrupted step begins. @returns the id of the reset */
  readonly before?: (world: DemoWorld, next: Ids) => Promise<string>;
  readonly interrupted: (world: DemoWorld, resetId: string, next: Ids) => Promise<unknown>;
  /** The states of which exactly one may be found after the restart, null for none seeded. */
  readonly allowed: readonly ('old' | 'next' | null)[];
}

const reset: Scene['before'] = async ({ demo }, next) => (await demo.reset(next)).resetId;

const SCENES: Readonly<Record<string, Scene>> = {
  // Nothing real is there: a demo does not begin beside it.
  seed: { interrupted: ({ demo }, _, next) => demo.seed(next), allowed: [null, 'next'], begins: true },
  reset: { interrupted: ({ demo }, _, next) => demo.reset(next), allowed: ['old', 'next'] },
  // A pending reset is settled at a start in favour of what is in use.
  rollback: { before: reset, interrupted: ({ demo }, resetId) => demo.rollback(resetId), allowed: ['next', 'old'] },
  commit: { before: reset, interrupted: ({ demo }, resetId) => demo.commit(resetId), allowed: ['next'] },
};

/** As small as it can be, because it is written again for every write that is interrupted. */
const seed: Seed = {
  tenants: ['demo', 'demo-other'],
  accounts: [{ username: 'demo-user', password_hash: '$pbkdf2-sha256$i=1$YQ$YQ', tenant: 'demo', roles: ['user'] }],
  elastic_keys: [{ name: 'demo-encryption-key', tenant: 'demo', algorithm: 'A256GCM/A256KW', description: '' }],
};
const unsealKey = new Uint8Array(randomBytes(32));

interface Prepared {
  /** Copied for each write that is interrupted. */
  readonly test: TestDatabases;
  readonly old: Ids;
  readonly real: Awaited<ReturnType<typeof addRealTenant>> | null;
}

const prepare = async (test: TestDatabases, { begins }: Scene): Promise<Prepared> => {
  const old = fresh();
  const world = await startWorld(test.databases, unsealKey, seed);
  if (begins === true) return { test, old, real: null };
  await world.demo.seed(old);
  return { test, old, real: await addRealTenant(world) };
};

/** Runs the scene on a copy of the databases that dies at a write; starts again and looks. @returns whether it died */
const interruptAt = async (
  { test: origin, old, real }: Prepared,
  scene: Scene,
  dieAt: number,
): Promise<{ died: boolean; found: 'old' | 'next' | null }> => {
  await using test = await origin.copy();
  const ids = { old, next: fresh() };
  const living = await test.reopen();
  const first = await startWorld(living, unsealKey, seed);
  const resetId = (await scene.before?.(first, ids.next)) ?? '';

  const failing = failingDatabases(await test.reopen(), dieAt);
  // Another process, which does not settle the pending reset as a start would.
  const dying = await openWorld(failing, unsealKey, seed);
  const result = await scene.interrupted(dying, resetId, ids.next).then(
    () => null,
    (error: unknown) => error,
  );
  if (failing.died()) expect(result, `died at write ${dieAt}`).not.toBeNull();
  else expect(result).toBeNull();

  // Both processes are gone; while the one that began a reset lives, a start leaves that reset alone.
  await failing[Symbol.asyncDispose]();
  await living[Symbol.asyncDispose]();
  const databases = await test.reopen();
  const after = await startWorld(databases, unsealKey, seed);
  const { tenants } = await after.demo.state();
  const found = tenants['demo'] === ids.old.demo ? 'old' : tenants['demo'] === ids.next.demo ? 'next' : null;
  if (found === null) {
    expect(tenants).toEqual({});
    expect((await inspect(after)).accounts).toEqual([]);
  } else expect(await inspect(after)).toEqual(asSeeded(after.seed, ids[found]));
  const all = await countAll(databases, after);
  expect(all).toMatchObject({ inactive: 0, retiredUsers: 0, toDrop: 0, rows: all.contentKeys });
  expect(all.databases).toEqual(all.named);
  if (real !== null) {
    const { items } = await after.keys.elasticKeys.list(after.callerOf(real.id));
    expect(items.map((key) => key.name)).toEqual([`key-${real.name}`]);
  }
  return { died: failing.died(), found };
};

describe.each(databaseKinds())('demo data on %s', (kind) => {
  it.each(Object.entries(SCENES))(
    'is old or new, never a mixture, when %s is interrupted at any write',
    async (_, scene) => {
      const found = new Set<string | null>();
      await using test = await withDatabases(kind);
      const prepared = await prepare(test, scene);
      let dieAt = 1;
      for (let died = true; died; dieAt += 1) {
        const outcome = await interruptAt(prepared, scene, dieAt);
        expect(scene.allowed).toContain(outcome.found);
        found.add(outcome.found);
        died = outcome.died;
      }
      expect(dieAt, 'writes that were tried').toBeGreaterThan(5);
      expect(found).toEqual(new Set(scene.allowed));
    },
    120_000,
  );
});

import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Seed } from '#kms/demo/seed-file.ts';
import { addRealTenant, asSeeded, countAll, type DemoWorld, inspect, openWorld, startWorld } from '#test/kms/support/demo-world.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { failingDatabases } from '#test/kms/demo/failing-databases.ts';

const fresh = () => ({ demo: randomUUID(), 'demo-other': randomUUID() });
type Ids = ReturnType<typeof fresh>;

interface Scene {
  /** Brings the world to where the interrupted step begins. */
  readonly before: (world: DemoWorld, ids: { readonly old: Ids; readonly next: Ids }) => Promise<string>;
  readonly interrupted: (world: DemoWorld, resetId: string, ids: { readonly next: Ids }) => Promise<unknown>;
  /** The states of which exactly one may be found after the restart, null for none seeded. */
  readonly allowed: readonly ('old' | 'next' | null)[];
  /** It begins the demo, where nothing else is. */
  readonly begins?: true;
}

const seeded: Scene['before'] = async (world, { old }) => {
  await world.demo.seed(old);
  return '';
};
const reset: Scene['before'] = async (world, ids) => {
  await world.demo.seed(ids.old);
  return (await world.demo.reset(ids.next)).resetId;
};

const SCENES: Readonly<Record<string, Scene>> = {
  // Nothing real is there: a demo does not begin beside it.
  seed: { before: async () => '', interrupted: ({ demo }, _, { next }) => demo.seed(next), allowed: [null, 'next'], begins: true },
  reset: { before: seeded, interrupted: ({ demo }, _, { next }) => demo.reset(next), allowed: ['old', 'next'] },
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

/** Runs the scene on fresh databases that die at a write; starts again and looks. @returns whether they died */
const interruptAt = async (test: TestDatabases, scene: Scene, dieAt: number): Promise<{ died: boolean; found: 'old' | 'next' | null }> => {
  const ids = { old: fresh(), next: fresh() };
  const living = await test.reopen();
  const first = await startWorld(living, unsealKey, seed);
  const resetId = await scene.before(first, ids);
  const real = scene.begins === true ? null : await addRealTenant(first);

  const failing = failingDatabases(await test.reopen(), dieAt);
  // Another process, which does not settle the pending reset as a start would.
  const dying = await openWorld(failing, unsealKey, seed);
  const result = await scene.interrupted(dying, resetId, ids).then(
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
      let dieAt = 1;
      for (let died = true; died; dieAt += 1) {
        await using test = await withDatabases(kind);
        const outcome = await interruptAt(test, scene, dieAt);
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

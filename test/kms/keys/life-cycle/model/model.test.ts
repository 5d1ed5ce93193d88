import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutWaiting } from '#test/kms/support/hasty-kms.ts';
import { destroyJob } from '#test/kms/support/destroy-job.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { create, end, type Model, type Real, sequences } from './commands.ts';

describe.each(databaseKinds())('The state machines on %s', (kind) => {
  it('do as their model does, whatever happens to keys in whatever order, at whichever process', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const first = { keys: kms, caller: withoutWaiting(kms.caller) };
    // A SQLite file has one process.
    const others = kind === 'postgres' ? [await kms.replica()].map((keys) => ({ keys, caller: withoutWaiting(keys.caller) })) : [];
    const job = destroyJob(kms, test, [first.caller]);
    const property = fc.asyncProperty(sequences(40), async (commands) => {
      const real: Real = { processes: [first, ...others], clock: kms.clock, job, keys: [] };
      const model: Model = { day: 0, keys: [] };
      await create('encrypt', model, real);
      await create('sign', model, real);
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await end(model, real);
    });
    await expect(fc.assert(property, { numRuns: kind === 'sqlite' ? 12 : 4 })).resolves.toBeUndefined();
  }, 60_000);
});

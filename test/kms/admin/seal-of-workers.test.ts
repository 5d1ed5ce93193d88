import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { combineShares, makeShares } from '#infra/secrets/unseal-shares.ts';
import type { Workers } from '#infra/workers/workers.ts';
import { createSealService } from '#kms/admin/barrier/seal.service.ts';
import { openBarrier } from '#kms/barrier/open-barrier.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { openService } from '#test/support/kms-keys.ts';
import { linkedWorkers } from '#test/support/linked-workers.ts';

const SEALED = { code: 'sealed', status: 503 };

describe.each(databaseKinds())('The seal of two workers on %s', (kind) => {
  let test: TestDatabases;
  let shares: readonly string[];
  beforeAll(async () => {
    test = await withDatabases(kind);
    shares = await makeShares({ threshold: 2, shares: 2 });
  });
  afterAll(() => test[Symbol.asyncDispose]());

  /** One that is sealed. @param prepared the work of its start, after the first unsealing */
  const sealedWorker = async (workers: Workers, prepared: Promise<void>) => {
    const { databases } = test;
    const events: string[] = [];
    const barrier = await openBarrier({ databases, service: await openService(databases), unsealKey: null, now: Date.now });
    const preparing = Promise.withResolvers<void>();
    const seal = createSealService({
      barrier,
      prepare: () => {
        preparing.resolve();
        return prepared;
      },
      isPrepared: false,
      keyed: () => {},
      emit: ({ type }) => void events.push(type),
      workers,
    });
    const give = async (): Promise<void> => {
      for (const share of shares) await seal.unseal(share);
    };
    return { ...seal, give, events, preparing: preparing.promise };
  };
  const sealedWorkers = async (prepared: Promise<void> = Promise.resolve()) => {
    const [one, other] = linkedWorkers(2);
    if (one === undefined || other === undefined) throw new Error('there are two');
    return { first: await sealedWorker(one, prepared), second: await sealedWorker(other, prepared), one };
  };

  it('is opened in both by the shares, and closed in both by a seal', async () => {
    const { first, second } = await sealedWorkers();
    await first.give();
    expect([first.state(), second.state()]).toEqual(['unsealed', 'unsealed']);
    await first.seal();
    expect([first.state(), second.state()]).toEqual(['sealed', 'sealed']);
  });

  it('stays closed in one that is told to close while it opens, which followed', async () => {
    const { second, one } = await sealedWorkers();
    const unsealKey = await combineShares(shares);
    const answers = await Promise.all([one.ask('seal', { key: unsealKey }), one.ask('seal', { key: null })]);
    expect(answers).toEqual([[undefined], [undefined]]);
    expect(second.state()).toBe('sealed');
    expect(second.events).not.toContain('unsealed');
  });

  it('stays closed in both when an operator closes it during the work of the first unsealing', async () => {
    const work = Promise.withResolvers<void>();
    const { first, second } = await sealedWorkers(work.promise);
    const given = first.give();
    await first.preparing;
    await first.seal();
    work.resolve();
    await expect(given).rejects.toMatchObject(SEALED);
    expect([first.state(), second.state()]).toEqual(['sealed', 'sealed']);
    expect([...first.events, ...second.events]).not.toContain('unsealed');
    await first.give();
    expect([first.state(), second.state()]).toEqual(['unsealed', 'unsealed']);
  });
});

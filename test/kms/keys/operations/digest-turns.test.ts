import { createHash, randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createDigestTurns } from '#kms/keys/operations/digest-turns.ts';
import { withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';

/** The turns that the event loop takes until this is done. */
const turnsDuring = async (done: Promise<unknown>): Promise<number> => {
  const ended = done.then(() => 'done');
  for (let turns = 0; ; turns += 1) if ((await Promise.race([ended, setImmediate('turn')])) === 'done') return turns;
};

describe('Signatures over digests', () => {
  it('leave the event loop a turn between two, so that a batch of them holds nobody up', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    const { id } = await kms.make('RS256:2048:raw');
    const digest = createHash('sha256').update(randomBytes(8)).digest();
    const sign = () => kms.crypto.signRaw(kms.caller, id, { message: { digest } });
    await sign();
    const batch = Promise.all(Array.from({ length: 25 }, sign));
    expect(await turnsDuring(batch)).toBeGreaterThanOrEqual(25);
    expect(new Set((await batch).map(({ signature }) => Buffer.from(signature).toString('hex'))).size).toBe(1);
  });

  it('wait in a queue that is bounded, for each tenant and for all; who is refused learns when to ask again', async () => {
    const turns = createDigestTurns({ ofTenant: 2, all: 3 });
    const signed: string[] = [];
    const take = (tenant: string) => turns.take(tenant, () => signed.push(tenant));
    const first = [take('greedy'), take('greedy'), take('modest')];
    await expect(take('greedy')).rejects.toMatchObject({ code: 'digest-signing-busy', status: 429, headers: { 'retry-after': '1' } });
    await expect(take('other')).rejects.toMatchObject({ code: 'digest-signing-busy' });
    await Promise.all(first);
    expect(signed).toEqual(['greedy', 'greedy', 'modest']);
    await take('greedy');
  });

  it('give their turn on when one fails', async () => {
    const turns = createDigestTurns({ ofTenant: 1, all: 1 });
    await expect(turns.take('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turns.take('a', () => 'signed')).toBe('signed');
  });
});

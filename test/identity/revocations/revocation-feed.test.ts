import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RevocationEvent } from '#infra/security-events/revocation-event.ts';
import { createRevocationFeed } from '#identity/revocations/revocation-feed.ts';
import { createRevocationLog } from '#identity/revocations/revocation-log.ts';
import { databaseKinds } from '#test/support/database.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';

const KMS = 'urn:passthru:kms';
const aToken = (): RevocationEvent => ({ kind: 'token-revoked', tokenId: randomUUIDv7() });
const aGrant = (): RevocationEvent => ({ kind: 'grant-revoked', grant: randomUUIDv7() });

const on = async (kind: 'sqlite' | 'postgres') => {
  const opened = await identityDatabase(kind);
  const clock = { time: Date.UTC(2026, 0, 1) };
  const now = () => clock.time;
  const log = createRevocationLog({ tokenSeconds: [600], now });
  const feed = createRevocationFeed({ database: opened.database, now });
  const record = (...entries: Parameters<typeof log.record>[1]) => opened.database.transaction((tx) => log.record(tx, entries));
  const told = async (from = 0, limit = 1_000) => {
    const { sequence } = await feed.advance();
    return feed.between({ from, to: sequence, limit }, [KMS]);
  };
  return { ...opened, clock, log, feed, record, told, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
};

describe.each(databaseKinds())('revocations on %s', (kind) => {
  it('are told in the order in which they were written, each with the next number', async () => {
    await using world = await on(kind);
    const [first, second] = [aGrant(), aToken()];
    await world.record({ event: first });
    await world.record({ event: second, audience: KMS, endsAt: world.clock.time + 90_500 });
    expect(await world.told()).toMatchObject([
      { sequence: 1, event: first, lifeSeconds: 3_660 },
      { sequence: 2, event: second, lifeSeconds: 91 },
    ]);
    expect(await world.told(1)).toMatchObject([{ sequence: 2 }]);
  });

  it('of a transaction that is rolled back never were', async () => {
    await using world = await on(kind);
    const failing = world.database.transaction(async (tx) => {
      await world.log.record(tx, [{ event: aGrant() }]);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await world.told()).toEqual([]);
  });

  it('have no gap and no number twice when two replicas number them at once', async () => {
    await using world = await on(kind);
    const other = createRevocationFeed({ database: await world.reopen(), now: () => world.clock.time });
    for (let round = 0; round < 5; round += 1) {
      await world.record(...Array.from({ length: 10 }, () => ({ event: aGrant() })));
      await Promise.all([world.feed.advance(), other.advance(), world.feed.advance()]);
    }
    expect((await world.told()).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  // SQLite has one writer at a time.
  it.skipIf(kind === 'sqlite')(
    'that are committed late come after those that were told meanwhile, so that nobody misses them',
    async () => {
      await using world = await on(kind);
      const [late, early] = [aGrant(), aGrant()];
      await world.database.transaction(async (tx) => {
        await world.log.record(tx, [{ event: late }]);
        const second = await world.reopen();
        await second.transaction((other) => world.log.record(other, [{ event: early }]));
        const { sequence } = await createRevocationFeed({ database: second, now: () => world.clock.time }).advance();
        expect(sequence).toBe(1);
      });
      expect((await world.told()).map(({ event }) => event)).toEqual([early, late]);
    },
  );

  it('of tokens for other audiences are not told', async () => {
    await using world = await on(kind);
    await world.record({ event: aToken(), audience: 'urn:other' }, { event: aToken(), audience: KMS }, { event: aGrant() });
    expect((await world.told()).map(({ sequence }) => sequence)).toEqual([2, 3]);
  });

  it('live as long as the longest token, that of a client with a life of its own included, and are forgotten then', async () => {
    await using world = await on(kind);
    const at = world.clock.time;
    const client = { pk: randomUUIDv7(), client_id: randomUUIDv7(), name: 'n', secret_hash: null, application_type: 'web' };
    const lists = { redirect_uris: '[]', post_logout_redirect_uris: '[]', grant_types: '[]', scopes: '[]', roles: '[]' };
    const made = { created_at: at, retired_at: null, retired_by: null, reset_id: null, tenant_id: randomUUID() };
    const row = { ...client, ...lists, ...made, token_endpoint_auth_method: 'none', access_token_ttl: 7_200 };
    await world.database.db.insertInto('clients').values(row).execute();
    await world.record({ event: aGrant() }, { event: aToken(), endsAt: at + 1_000 });
    await world.feed.advance();

    world.clock.time = at + 1_000;
    expect([await world.feed.forget(10), (await world.told()).length]).toEqual([1, 1]);
    world.clock.time = at + 7_260_000 - 1;
    expect(await world.feed.forget(10)).toBe(0);
    world.clock.time += 1;
    expect(await world.feed.forget(10)).toBe(1);
  });

  it('are known by their position until they are forgotten; the newest one always is, and one of another history never', async () => {
    await using world = await on(kind);
    const begin = await world.feed.advance();
    await world.record({ event: aToken(), endsAt: world.clock.time }, { event: aGrant() }, { event: aToken(), endsAt: world.clock.time });
    const newest = await world.feed.advance();
    const [first, second] = await world.told();
    if (first === undefined || second === undefined) throw new Error('there are three');
    const known = () => Promise.all([begin, first, second, newest].map((position) => world.feed.knows(position)));
    expect(await known()).toEqual([false, true, true, true]);
    await world.feed.forget(10);
    expect(await known()).toEqual([false, false, true, true]);
    expect(await world.feed.knows({ ...newest, id: randomUUIDv7() })).toBe(false);
    expect(await world.feed.knows({ ...newest, sequence: newest.sequence + 1 })).toBe(false);
  });
});

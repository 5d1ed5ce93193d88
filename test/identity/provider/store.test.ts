import { randomUUIDv7 } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { grantReference } from '#identity/provider/store/payload-hashes.ts';
import { createPayloadStore } from '#identity/provider/store/payloads.store.ts';
import { revokeForClientsSince } from '#identity/provider/store/revoke-owners.ts';
import { revocationLog } from '#test/identity/support/revocation-log.ts';
import { databaseKinds } from '#test/support/database.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';

const HOUR = 3_600_000;

const storeOn = async (kind: 'sqlite' | 'postgres') => {
  const opened = await identityDatabase(kind);
  const clock = { time: Date.UTC(2026, 0, 1) };
  const store = createPayloadStore({ database: opened.database, revocations: revocationLog(), now: () => clock.time });
  const grant = async (): Promise<string> => {
    const id = randomUUIDv7();
    await store.save({ model: 'Grant', id, payload: {}, accountId: 'a', clientId: 'c', expiresAt: clock.time + HOUR });
    return id;
  };
  const token = async (grantId: string, model = 'RefreshToken'): Promise<string> => {
    const id = randomUUIDv7();
    await store.save({ model, id, payload: { some: 'thing' }, grantId, expiresAt: clock.time + HOUR });
    return id;
  };
  return { ...opened, store, clock, grant, token, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
};

describe.each(databaseKinds())('the payload store on %s', (kind) => {
  test('twenty consumptions at once: one is first, the others are replays, and the family is gone', async () => {
    await using on = await storeOn(kind);
    const grantId = await on.grant();
    const [used, sibling, other] = [await on.token(grantId), await on.token(grantId, 'AccessToken'), await on.token(await on.grant())];

    const results = await Promise.all(Array.from({ length: 20 }, () => on.store.consume('RefreshToken', used)));

    expect(results.toSorted()).toEqual(['consumed', ...Array.from({ length: 19 }, () => 'replayed')]);
    expect(await on.store.find('RefreshToken', used)).toBeUndefined();
    expect(await on.store.find('AccessToken', sibling)).toBeUndefined();
    expect(await on.store.grantIsLive(grantReference(grantId))).toBe(false);
    expect(await on.store.find('RefreshToken', other)).toBeDefined();
  });

  test('waits for the disk with all that counts, and not with what a log-in leaves behind on its way', async () => {
    await using on = await storeOn(kind);
    let unsynced = 0;
    const database = {
      ...on.database,
      get unsynced() {
        unsynced += 1;
        return on.database.unsynced;
      },
    };
    const store = createPayloadStore({ database, revocations: revocationLog(), now: () => on.clock.time });
    const waits = async (write: () => Promise<unknown>): Promise<boolean> => {
      const before = unsynced;
      await write();
      return unsynced === before;
    };
    const grantId = await on.grant();
    const entry = (model: string) => ({ model, id: 'one', payload: {}, expiresAt: on.clock.time + HOUR });
    const issued = (model: string) => ({ ...entry(model), grantId });

    expect(await waits(() => store.save(entry('Interaction')))).toBe(false);
    expect(await waits(() => store.save(issued('AuthorizationCode')))).toBe(false);
    expect(await waits(() => store.forget('Interaction', 'one'))).toBe(false);
    for (const model of ['Session', 'Grant', 'DeviceCode', 'PushedAuthorizationRequest'])
      expect(await waits(() => store.save(entry(model))), model).toBe(true);
    for (const model of ['RefreshToken', 'AccessToken']) expect(await waits(() => store.save(issued(model))), model).toBe(true);
    expect(await waits(() => store.insert(entry('ReplayDetection')))).toBe(true);
    expect(await waits(() => store.consume('AuthorizationCode', 'one'))).toBe(true);
    expect(await waits(() => store.destroy('Session', 'one'))).toBe(true);
    expect([await store.find('Interaction', 'one'), await store.find('Session', 'one')]).toEqual([undefined, undefined]);
  });

  test('two processes race for one token: one is first', async () => {
    await using on = await storeOn(kind);
    const second = createPayloadStore({ database: await on.reopen(), revocations: revocationLog(), now: () => on.clock.time });
    const token = await on.token(await on.grant());

    const results = await Promise.all([on.store, second, on.store, second].map((store) => store.consume('RefreshToken', token)));

    expect(results.filter((result) => result === 'consumed')).toHaveLength(1);
  });

  test('a token that is written while its family is being revoked never stays', async () => {
    await using on = await storeOn(kind);
    for (let round = 0; round < 10; round += 1) {
      const grantId = await on.grant();
      const used = await on.token(grantId);
      await on.store.consume('RefreshToken', used);

      await Promise.all([
        ...Array.from({ length: 5 }, () => on.token(grantId)),
        on.store.consume('RefreshToken', used),
        ...Array.from({ length: 5 }, () => on.token(grantId, 'AccessToken')),
      ]);

      const left = await on.database.db
        .selectFrom('oidc_payloads')
        .select('model')
        .where('grant_hash', '=', grantReference(grantId))
        .execute();
      expect(left).toEqual([]);
    }
  });

  test('consuming, issuing, revoking and sweeping at once never wait for each other in a circle', async () => {
    await using on = await storeOn(kind);
    for (let round = 0; round < 15; round += 1) {
      const grantId = await on.grant();
      const tokens = [await on.token(grantId), await on.token(grantId), await on.token(grantId, 'AccessToken')];
      const each = (work: (token: string) => Promise<unknown>): Promise<unknown>[] => tokens.map(work);

      await Promise.all([
        ...Array.from({ length: 6 }).flatMap(() => each((token) => on.store.consume('RefreshToken', token))),
        ...Array.from({ length: 3 }).flatMap(() => [on.token(grantId), on.token(grantId, 'AccessToken')]),
        on.store.revokeByGrantId('AccessToken', grantId),
        on.store.revokeByGrantId('RefreshToken', grantId),
        on.store.destroy('Grant', grantId),
        ...each((token) => on.store.destroy('RefreshToken', token)),
        on.store.sweep(100),
      ]);

      expect(await on.store.grantIsLive(grantReference(grantId))).toBe(false);
    }
  });

  test('saving again keeps the mark of consumption', async () => {
    await using on = await storeOn(kind);
    const id = randomUUIDv7();
    const entry = { model: 'PushedAuthorizationRequest', id, payload: { version: 1 }, expiresAt: null };
    await on.store.save(entry);
    await on.store.consume(entry.model, id);

    await on.store.save({ ...entry, payload: { version: 2 } });

    expect(await on.store.find(entry.model, id)).toMatchObject({ payload: { version: 2 }, consumedAt: on.clock.time });
    expect(await on.store.consume(entry.model, id)).toBe('replayed');
  });

  test('an entity that may be written once is written by one of twenty', async () => {
    await using on = await storeOn(kind);
    const id = randomUUIDv7();

    const results = await Promise.all(
      Array.from({ length: 20 }, () => on.store.insert({ model: 'ReplayDetection', id, payload: {}, expiresAt: on.clock.time + HOUR })),
    );

    expect(results.filter(Boolean)).toHaveLength(1);
  });

  test('one id under two models is two entities, found by id, uid and user code of its model alone', async () => {
    await using on = await storeOn(kind);
    const id = randomUUIDv7();
    await on.store.save({ model: 'Session', id, payload: { of: 'session' }, uid: 'u-1', expiresAt: null });
    await on.store.save({ model: 'DeviceCode', id, payload: { of: 'device' }, userCode: 'u-1', expiresAt: null });

    expect((await on.store.find('Session', id))?.payload).toEqual({ of: 'session' });
    expect((await on.store.findByUid('Session', 'u-1'))?.payload).toEqual({ of: 'session' });
    expect((await on.store.findByUserCode('DeviceCode', 'u-1'))?.payload).toEqual({ of: 'device' });
    expect(await on.store.findByUid('DeviceCode', 'u-1')).toBeUndefined();
    expect(await on.store.find('Grant', id)).toBeUndefined();

    await on.store.destroy('Session', id);
    expect(await on.store.find('Session', id)).toBeUndefined();
    expect((await on.store.find('DeviceCode', id))?.payload).toEqual({ of: 'device' });
  });

  test('sweeping removes what has expired, a bounded number at a time, and nothing else', async () => {
    await using on = await storeOn(kind);
    for (let count = 0; count < 5; count += 1) {
      await on.store.save({ model: 'Session', id: randomUUIDv7(), payload: {}, expiresAt: on.clock.time + HOUR });
      await on.store.revokeToken({ jti: randomUUIDv7(), audience: 'urn:test', expiresAt: on.clock.time + HOUR });
    }
    const [kept, forEver] = [randomUUIDv7(), randomUUIDv7()];
    await on.store.save({ model: 'Session', id: kept, payload: {}, expiresAt: on.clock.time + HOUR + 1 });
    await on.store.save({ model: 'Session', id: forEver, payload: {}, expiresAt: null });
    expect(await on.store.sweep(3)).toBe(0);

    on.clock.time += HOUR;

    expect([await on.store.sweep(3), await on.store.sweep(3), await on.store.sweep(3)]).toEqual([6, 4, 0]);
    expect(await on.store.find('Session', kept)).toBeDefined();
    expect(await on.store.find('Session', forEver)).toBeDefined();
  });

  // SQLite has one writer at a time.
  test.skipIf(kind === 'sqlite')('sweeping leaves rows that another transaction has in hand, and waits for none', async () => {
    await using on = await storeOn(kind);
    const [session, jti] = [randomUUIDv7(), randomUUIDv7()];
    await on.store.save({ model: 'Session', id: session, payload: {}, expiresAt: on.clock.time });
    await on.store.revokeToken({ jti, audience: 'urn:test', expiresAt: on.clock.time });

    const other = await on.reopen();
    const swept = await other.transaction(async (tx) => {
      await tx.selectFrom('oidc_payloads').select('id_hash').forUpdate().execute();
      await tx.selectFrom('revoked_tokens').select('jti').forUpdate().execute();
      // One that waited would wait for this transaction, and so for ever.
      return Promise.race([on.store.sweep(100), setTimeout(20_000, 'waited', { ref: false })]);
    });

    expect([swept, await on.store.sweep(100)]).toEqual([0, 2]);
  });

  test('a revoked token stays revoked when it is revoked again, also for a second process', async () => {
    await using on = await storeOn(kind);
    const jti = randomUUIDv7();
    await Promise.all(
      Array.from({ length: 5 }, () => on.store.revokeToken({ jti, audience: 'urn:test', expiresAt: on.clock.time + HOUR })),
    );

    const second = createPayloadStore({ database: await on.reopen(), revocations: revocationLog(), now: () => on.clock.time });

    expect([await second.tokenIsRevoked(jti), await second.tokenIsRevoked(randomUUIDv7())]).toEqual([true, false]);
  });

  test('clients lose what they have without an account since a moment, and nothing else, however often it was written', async () => {
    await using on = await storeOn(kind);
    const [client, other] = [`client-${randomUUIDv7()}`, `client-${randomUUIDv7()}`];
    const save = async (of: { clientId: string; accountId?: string }, id: string = randomUUIDv7()): Promise<string> => {
      await on.store.save({ model: 'Interaction', id, payload: {}, expiresAt: null, ...of });
      return id;
    };
    const older = await save({ clientId: client });
    on.clock.time += 1;
    const since = on.clock.time;
    await save({ clientId: client }, older);
    const kept = [older, await save({ clientId: client, accountId: 'a' }), await save({ clientId: other })];
    const lost = [await save({ clientId: client }), await save({ clientId: client })];

    await on.database.transaction((tx) => revokeForClientsSince(tx, [client], since));

    const left = async (id: string): Promise<boolean> => (await on.store.find('Interaction', id)) !== undefined;
    expect(await Promise.all([...kept, ...lost].map(left))).toEqual([true, true, true, false, false]);
  });

  test('an expired grant is not live', async () => {
    await using on = await storeOn(kind);
    const reference = grantReference(await on.grant());

    const before = await on.store.grantIsLive(reference);
    on.clock.time += HOUR;

    expect([before, await on.store.grantIsLive(reference)]).toEqual([true, false]);
  });
});

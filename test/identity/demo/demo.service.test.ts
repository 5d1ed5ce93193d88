import { spawn } from 'node:child_process';
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Database } from '#infra/database/databases.ts';
import { createLocalLocks } from '#infra/database/sqlite/local-locks.ts';
import { identityMigrations } from '#identity/database/migrations.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { createAccountStore } from '#identity/accounts/account.store.ts';
import { createClientStore } from '#identity/clients/client.store.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { lostLocks } from '#test/support/lost-locks.ts';
import { contents, demoOn, insertAccount, insertPayload, testSeed } from '#test/identity/demo/identity-demo.ts';

/** A dozen processes load the same modules. */
const COMPILE_CACHE = join(tmpdir(), 'passthru-test-compile-cache');
const KILLS_TIMEOUT_MS = 180_000;
const CHILD = new URL('./identity-demo-process.ts', import.meta.url).pathname;

const idOf = async (database: Database<IdentityTables>, username: string): Promise<string | undefined> =>
  (await createAccountStore(database, { demo: true }).byUsername(username))?.account.id;

const run = (demo: ReturnType<typeof demoOn>, operation: 'reset' | 'rollback' | 'commit', resetId: string): Promise<unknown> =>
  operation === 'reset' ? demo.reset() : demo[operation](resetId);

describe.each(databaseKinds())('the demo of Identity on %s', (kind) => {
  const setup = async () => {
    const databases = await withDatabases(kind);
    const database = await databases.databases.open<IdentityTables>('identity', identityMigrations);
    const seed = testSeed();
    const [ann = ''] = seed.accounts.map(({ username }) => username);
    const [clientId = ''] = seed.clients.map((client) => client.client_id);
    return {
      databases,
      database,
      seed,
      ann,
      clientId,
      demo: demoOn(database, seed),
      [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose](),
    };
  };

  it('is not seeded at first, and seeded after the first start', async () => {
    await using test = await setup();
    expect(await test.demo.state()).toEqual({ seeded: false, tenants: {}, resetPending: null });
    const tenants = await test.demo.seed();
    expect(await test.demo.state()).toEqual({ seeded: true, tenants, resetPending: null });
    expect(Object.keys(tenants)).toEqual(test.seed.tenants);
    expect(await idOf(test.database, test.ann)).toMatch(/^[0-9a-f-]{14}7/);
    expect((await createClientStore(test.database, { demo: true }).byClientId(test.clientId))?.client.tenantId).toBe(
      tenants[test.seed.tenants[0] ?? ''],
    );
  });

  it('takes the tenant ids that it is given, and keeps everything when it is seeded again', async () => {
    await using test = await setup();
    const given = Object.fromEntries(test.seed.tenants.map((name) => [name, randomUUID()]));
    expect(await test.demo.seed(given)).toEqual(given);
    const before = await contents(test.database);
    const other = Object.fromEntries(test.seed.tenants.map((name) => [name, randomUUID()]));
    expect(await test.demo.seed(other)).toEqual(given);
    expect(await contents(test.database)).toEqual(before);
  });

  it('makes a client what its seed says now, and leaves one alone whose seed is as it was', async () => {
    await using test = await setup();
    const tenants = await test.demo.seed();
    const recordOf = () => createClientStore(test.database, { demo: true }).byClientId(test.clientId);
    const before = await contents(test.database);
    await test.demo.seed();
    expect(await contents(test.database)).toEqual(before);
    const changed = {
      ...test.seed,
      clients: test.seed.clients.map((client) => ({ ...client, name: 'Renamed', scopes: ['kms:crypto'], token_format: 'opaque' as const })),
    };
    const demo = demoOn(test.database, changed);
    expect(await demo.seed()).toEqual(tenants);
    expect((await recordOf())?.client).toMatchObject({ name: 'Renamed', scopes: ['kms:crypto'], tokenFormat: 'opaque' });
    expect(await demo.state()).toEqual({ seeded: true, tenants, resetPending: null });
    await test.demo.seed();
    expect(await contents(test.database)).toEqual(before);
  });

  it('seeds only what is missing', async () => {
    await using test = await setup();
    const tenants = await test.demo.seed();
    await test.database.db.deleteFrom('accounts').where('username', '=', test.ann).execute();
    expect((await test.demo.state()).seeded).toBe(false);
    const kept = await contents(test.database);
    expect(await test.demo.seed()).toEqual(tenants);
    const after = await contents(test.database);
    expect(after.accounts).toHaveLength(2);
    expect(after.accounts).toEqual(expect.arrayContaining(kept.accounts));
    expect(after.clients).toEqual(kept.clients);
  });

  it('resets to the seed with new ids everywhere and keeps the old rows until the reset is settled', async () => {
    await using test = await setup();
    const previous = await test.demo.seed();
    const sub = await idOf(test.database, test.ann);
    const reset = await test.demo.reset();
    expect(reset.previousTenants).toEqual(previous);
    for (const name of test.seed.tenants) expect(reset.tenants[name]).not.toBe(previous[name]);
    expect(await test.demo.state()).toEqual({ seeded: true, tenants: reset.tenants, resetPending: reset.resetId });
    expect(await idOf(test.database, test.ann)).not.toBe(sub);
    expect(await createAccountStore(test.database, { demo: true }).byId(sub ?? '')).toBeUndefined();
    expect((await contents(test.database)).accounts).toHaveLength(4);
  });

  it('commits a reset: old rows go, and what hung on them', async () => {
    await using test = await setup();
    await test.demo.seed();
    const sub = (await idOf(test.database, test.ann)) ?? '';
    await insertPayload(test.database, { account_id: sub });
    await insertPayload(test.database, { client_id: test.clientId });
    const stranger = await insertAccount(test.database, `stranger-${randomUUIDv7()}`);
    await insertPayload(test.database, { account_id: stranger });
    const { resetId, tenants } = await test.demo.reset();
    expect((await contents(test.database)).payloads).toHaveLength(3);
    expect(await test.demo.commit(resetId)).toEqual({ seeded: true, tenants, resetPending: null });
    const after = await contents(test.database);
    expect(after.accounts).toHaveLength(3);
    expect(after.tenants).toHaveLength(2);
    expect(after.clients).toHaveLength(1);
    expect(after.payloads.map((row) => row.account_id)).toEqual([stranger]);
  });

  it('rolls a reset back: exactly what was before, sessions included, and nothing of the new', async () => {
    await using test = await setup();
    await test.demo.seed();
    const ann = { account_id: (await idOf(test.database, test.ann)) ?? '' };
    await insertPayload(test.database, ann);
    await insertPayload(test.database, { ...ann, client_id: test.clientId });
    await insertPayload(test.database, { client_id: test.clientId }, Date.now() - 1);
    const before = await contents(test.database);
    const { resetId, previousTenants } = await test.demo.reset();
    const newAnn = { account_id: (await idOf(test.database, test.ann)) ?? '' };
    await insertPayload(test.database, newAnn);
    await insertPayload(test.database, { ...newAnn, client_id: test.clientId });
    await insertPayload(test.database, { client_id: test.clientId });
    expect(await test.demo.rollback(resetId)).toEqual({ seeded: true, tenants: previousTenants, resetPending: null });
    expect({ ...(await contents(test.database)), resets: [] }).toEqual(before);
  });

  it("rolls a reset back to a seed without a client that it brought: all that was that client's goes", async () => {
    await using test = await setup();
    await test.demo.seed();
    const before = await contents(test.database);
    const added = `client-${randomUUIDv7()}`;
    const stranger = await insertAccount(test.database, `stranger-${randomUUIDv7()}`);
    const clients = test.seed.clients.flatMap((client) => [client, { ...client, client_id: added }]);
    const demo = demoOn(test.database, { ...test.seed, clients });
    const { resetId } = await demo.reset();
    await insertPayload(test.database, { account_id: stranger, client_id: added });
    await insertPayload(test.database, { account_id: stranger, client_id: test.clientId });
    await demo.rollback(resetId);
    const after = await contents(test.database);
    expect(after.clients).toEqual(before.clients);
    expect(after.payloads.map((row) => row.client_id)).toEqual([test.clientId]);
  });

  it('takes the same settlement twice and refuses the other one', async () => {
    await using test = await setup();
    await test.demo.seed();
    const first = await test.demo.reset();
    expect(await test.demo.commit(first.resetId)).toEqual(await test.demo.commit(first.resetId));
    await expect(test.demo.rollback(first.resetId)).rejects.toMatchObject({ code: 'demo-reset-settled', status: 409 });
    const second = await test.demo.reset();
    expect(await test.demo.rollback(second.resetId)).toEqual(await test.demo.rollback(second.resetId));
    await expect(test.demo.commit(second.resetId)).rejects.toMatchObject({ code: 'demo-reset-settled', status: 409 });
    expect((await test.demo.state()).tenants).toEqual(first.tenants);
    await expect(test.demo.commit(first.resetId)).rejects.toMatchObject({ code: 'demo-reset-not-found', status: 404 });
  });

  it('commits a reset that nobody settled when the next one comes, and at the next start without the process that began it', async () => {
    await using test = await setup();
    await test.demo.seed();
    const first = await test.demo.reset();
    const second = await test.demo.reset();
    expect(second.previousTenants).toEqual(first.tenants);
    expect((await contents(test.database)).accounts).toHaveLength(4);
    await test.demo.sweep();
    expect((await test.demo.state()).resetPending).toBe(second.resetId);
    // Whose locks are others is another process, and the one before it is gone with its own.
    await demoOn(test.database, test.seed).sweep();
    expect(await test.demo.state()).toEqual({ seeded: true, tenants: second.tenants, resetPending: null });
    expect((await contents(test.database)).accounts).toHaveLength(2);
  });

  it('stays as it was when the lock of a change is lost before its commit', async () => {
    await using test = await setup();
    await test.demo.seed();
    await test.database.db.deleteFrom('accounts').where('username', '=', test.ann).execute();
    const { resetId } = await test.demo.reset();
    const before = await contents(test.database);
    const lost = demoOn(test.database, test.seed, () => {}, lostLocks(createLocalLocks()));
    const changes = [
      () => lost.seed(),
      () => lost.reset(),
      () => lost.replace(),
      () => lost.rollback(resetId),
      () => lost.commit(resetId),
      () => lost.sweep(),
    ];
    for (const change of changes) await expect(change()).rejects.toMatchObject({ code: 'database-lock-lost', status: 503 });
    expect(await contents(test.database)).toEqual(before);
  });

  it('never touches what is no demo', async () => {
    await using test = await setup();
    await test.demo.seed();
    const stranger = await insertAccount(test.database, `stranger-${randomUUIDv7()}`);
    const row = () => test.database.db.selectFrom('accounts').selectAll().where('id', '=', stranger).executeTakeFirst();
    const before = await row();
    await test.demo.commit((await test.demo.reset()).resetId);
    await test.demo.rollback((await test.demo.reset()).resetId);
    await test.demo.replace();
    await test.demo.sweep();
    expect(await row()).toEqual(before);
  });

  it('refuses to seed or to reset over an account that is no demo, and leaves all as it was', async () => {
    await using test = await setup();
    await test.demo.seed();
    await test.database.db.deleteFrom('accounts').where('username', '=', test.ann).execute();
    await insertAccount(test.database, test.ann);
    const before = await contents(test.database);
    for (const write of [() => test.demo.seed(), () => test.demo.reset(), () => test.demo.replace()]) {
      await expect(write()).rejects.toMatchObject({ code: 'demo-name-taken', status: 409 });
    }
    expect(await contents(test.database)).toEqual(before);
  });

  it.each(['seed', 'reset', 'replace'] as const)('never begins by a %s in a database that holds real accounts', async (change) => {
    await using test = await setup();
    await insertAccount(test.database, `stranger-${randomUUIDv7()}`);
    const before = await contents(test.database);
    await expect(test.demo[change]()).rejects.toMatchObject({
      code: 'demo-over-real-data',
      status: 409,
      message: 'This database holds real data and no demo: 1 account.',
      fix: expect.stringContaining('a database of its own') as string,
    });
    expect(await contents(test.database)).toEqual(before);
  });

  it('refuses tenants that it does not have and ids that are not new', async () => {
    await using test = await setup();
    const tenants = await test.demo.seed();
    const [one = '', two = ''] = test.seed.tenants;
    await expect(test.demo.reset({ [`other-${randomUUIDv7()}`]: randomUUID() })).rejects.toMatchObject({ code: 'demo-tenant-unknown' });
    await expect(test.demo.reset(tenants)).rejects.toMatchObject({ code: 'demo-tenant-id-used' });
    const id = randomUUID();
    await expect(test.demo.reset({ [one]: id, [two]: id })).rejects.toMatchObject({ code: 'demo-tenant-id-used' });
    expect((await test.demo.state()).tenants).toEqual(tenants);
  });

  it('replaces the demo at once, with the ids that are given even if they are the old ones', async () => {
    await using test = await setup();
    const tenants = await test.demo.seed();
    const sub = await idOf(test.database, test.ann);
    expect(await test.demo.replace(tenants)).toEqual(tenants);
    expect(await idOf(test.database, test.ann)).not.toBe(sub);
    expect((await contents(test.database)).accounts).toHaveLength(2);
  });

  /** Runs an operation without fault to learn its number of writes, the commit included. */
  const countWrites = async (operation: 'reset' | 'rollback' | 'commit'): Promise<number> => {
    await using test = await prepared(operation);
    let writes = 0;
    await run(
      demoOn(test.database, test.seed, (number) => (writes = number)),
      operation,
      test.resetId,
    );
    return writes;
  };

  const prepared = async (operation: 'reset' | 'rollback' | 'commit') => {
    const test = await setup();
    await test.demo.seed();
    await insertPayload(test.database, { account_id: (await idOf(test.database, test.ann)) ?? '' });
    const resetId = operation === 'reset' ? '' : (await test.demo.reset()).resetId;
    return { ...test, resetId };
  };

  for (const operation of ['reset', 'rollback', 'commit'] as const) {
    it(`leaves the old data when ${operation} fails at any of its writes, and does it the next time`, async () => {
      const writes = await countWrites(operation);
      expect(writes).toBeGreaterThan(5);
      await using test = await prepared(operation);
      const before = await contents(test.database);
      for (let fault = 1; fault <= writes; fault++) {
        const failing = demoOn(test.database, test.seed, (number) => {
          if (number === fault) throw new Error(`fault at write ${fault}`);
        });
        await expect(run(failing, operation, test.resetId)).rejects.toThrow(`fault at write ${fault}`);
        expect(await contents(test.database), `after a fault at write ${fault} of ${writes}`).toEqual(before);
      }
      await run(test.demo, operation, test.resetId);
      expect(await contents(test.database)).not.toEqual(before);
    });

    it(
      `leaves the old data when the process is killed at any write of ${operation}`,
      async () => {
        const writes = await countWrites(operation);
        await using test = await prepared(operation);
        const before = await contents(test.database);
        for (let killAt = 1; killAt <= writes; killAt++) {
          const args = [CHILD, JSON.stringify(test.databases.config), JSON.stringify(test.seed), operation, test.resetId, String(killAt)];
          const child = spawn(process.execPath, args, {
            stdio: ['ignore', 'ignore', 'inherit'],
            env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
          });
          const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
          expect([code, signal]).toEqual([null, 'SIGKILL']);
          expect(await contents(test.database), `killed at write ${killAt} of ${writes}`).toEqual(before);
        }
        await run(test.demo, operation, test.resetId);
        expect(await contents(test.database)).not.toEqual(before);
      },
      KILLS_TIMEOUT_MS,
    );
  }
});

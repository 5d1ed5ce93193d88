import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { formatPasswordHash } from '#infra/secrets/password-hash.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { createRehash } from '#kms/access/realms/rehash.ts';
import { createDatabaseRealm } from '#kms/access/realms/realm-users.store.ts';
import { createRoles } from '#kms/access/roles.ts';
import { NEW_USER } from '#kms/database/realm-users.table.ts';
import type { KmsEvent } from '#kms/events.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { openService } from '#test/support/kms-keys.ts';
import { rowsWithoutBarrier } from '#test/support/row-integrity.ts';
import { writeServiceRows } from '#test/support/written-rows.ts';

/** A hash that a password gives at once; rounds and salt as asked. */
const derive = async (password: string, salt: Uint8Array, rounds: number) =>
  Buffer.concat([Buffer.from(`${password}/${rounds}/${Buffer.from(salt).toString('hex')}`), Buffer.alloc(32)]).subarray(0, 32);
const hasher = (iterations: number, saltBytes = 32) => createPasswords({ iterations, saltBytes, derive });

const world = (kind: 'sqlite' | 'postgres') => {
  let test: TestDatabases;
  beforeAll(async () => {
    test = await withDatabases(kind);
  });
  afterAll(() => test?.[Symbol.asyncDispose]());

  const rows = rowsWithoutBarrier();
  return async () => {
    const own = await openService(test.databases);
    const service = withLedger(own, rows.service);
    const realm = createDatabaseRealm(own.db, rows, { roles: createRoles(), demo: false });
    const add = async (stored: string) => {
      const row = {
        id: randomUUIDv7(),
        username: `user-${randomUUIDv7()}`,
        tenant_id: randomUUID(),
        roles: '["user"]',
        demo: 0,
        created_at: 1,
        ...NEW_USER,
        password_hash: stored,
      };
      await writeServiceRows(own.db, rows, 'kms_realm_users', rows.of(row.tenant_id).first('kms_realm_users', row));
      const find = async () => {
        const found = await realm.find(row.username);
        if (found === undefined) throw new Error('the user is gone');
        return found;
      };
      return { row, find };
    };
    const replica = (passwords = hasher(300_000)) => {
      const events: KmsEvent[] = [];
      const clock = { elapsed: 0 };
      let forgotten = 0;
      const rehash = createRehash({
        db: own.db,
        rows,
        passwords,
        forget: () => void (forgotten += 1),
        emit: (event) => void events.push(event),
        elapsed: () => clock.elapsed,
      });
      /** Resolves when it has told of so many. */
      const told = async (count: number) => {
        for (const until = performance.now() + 10_000; events.length < count && performance.now() < until;) await setImmediate();
        return events.map(({ type }) => type);
      };
      return { rehash, events, told, clock, forgotten: () => forgotten };
    };
    return { service, rows, add, replica };
  };
};

describe.each(databaseKinds())('A password that was found right on %s', (kind) => {
  const setup = world(kind);
  const strong = (password: string, iterations: number, saltBytes = 32) => hasher(iterations, saltBytes).hash(password);

  it.each([
    ['of fewer rounds', () => strong('secret', 210_000)],
    ['of more rounds', () => strong('secret', 400_000)],
    ['with a salt of another length', () => strong('secret', 300_000, 16)],
    [
      'of passlib',
      async () => {
        const salt = Buffer.alloc(32, 1);
        const own = formatPasswordHash({ iterations: 300_000, salt, hash: await derive('secret', salt, 300_000) });
        return own.replace('$i=', '$').replaceAll('+', '.');
      },
    ],
  ])('is hashed anew where the hash is %s, and nothing else of the user changes', async (_, stored) => {
    const { add, replica } = await setup();
    const { row, find } = await add(await stored());
    const { rehash, told, forgotten } = replica();
    const before = await find();
    rehash(before, 'secret');
    expect(await told(1)).toEqual(['password-rehashed']);
    const after = await find();
    expect(after).toEqual({ ...before, stored: after.stored });
    expect(after.stored).toMatch(/^\$pbkdf2-sha256\$i=300000\$/);
    expect(await hasher(300_000).verify('secret', after.stored)).toBe(true);
    expect(after.stored).not.toBe(row.password_hash);
    expect(forgotten()).toBe(1);
  });

  it('stays as it is where the hash is as new ones are', async () => {
    const { add, replica } = await setup();
    const { row, find } = await add(await strong('secret', 300_000));
    const { rehash, told } = replica();
    rehash(await find(), 'secret');
    await setImmediate();
    expect(await told(0)).toEqual([]);
    expect((await find()).stored).toBe(row.password_hash);
  });

  it('is hashed anew once, although two replicas find that out at once, and not over a password that was set meanwhile', async () => {
    const { add, replica, service, rows } = await setup();
    const { row, find } = await add(await strong('secret', 210_000));
    const [one, other] = [replica(), replica()];
    const before = await find();
    for (const { rehash } of [one, other]) for (let n = 0; n < 10; n += 1) rehash(before, 'secret');
    const until = performance.now() + 10_000;
    while (one.events.length + other.events.length === 0 && performance.now() < until) await setImmediate();
    for (let n = 0; n < 200; n += 1) await setImmediate();
    expect([...one.events, ...other.events].map(({ type }) => type)).toEqual(['password-rehashed']);

    const set = await strong('another', 210_000);
    await service.transaction(async (tx) => {
      const now = await tx.selectFrom('kms_realm_users').selectAll().where('id', '=', row.id).executeTakeFirstOrThrow();
      await writeServiceRows(tx, rows, 'kms_realm_users', rows.of(row.tenant_id).next('kms_realm_users', now, { password_hash: set }));
    });
    const late = replica();
    late.rehash(before, 'secret');
    for (let n = 0; n < 200; n += 1) await setImmediate();
    expect(late.events).toEqual([]);
    expect((await find()).stored).toBe(set);
  });

  it('is left as it was where hashing it anew fails: the log-in has gone on, the log tells why, and it is tried again a minute later', async () => {
    const { add, replica } = await setup();
    const { row, find } = await add(await strong('secret', 210_000));
    let isFull = true;
    const passwords = hasher(300_000);
    const full = async () => Promise.reject(new AppError('password-queue-full', 429, 'too many'));
    const { rehash, told, clock } = replica({ ...passwords, hash: (password) => (isFull ? full() : passwords.hash(password)) });
    const before = await find();
    expect(rehash(before, 'secret')).toBeUndefined();
    expect(await told(1)).toEqual(['password-not-rehashed']);
    expect((await find()).stored).toBe(row.password_hash);
    isFull = false;
    rehash(before, 'secret');
    clock.elapsed = 60_000;
    rehash(before, 'secret');
    expect(await told(2)).toEqual(['password-not-rehashed', 'password-rehashed']);
  });
});

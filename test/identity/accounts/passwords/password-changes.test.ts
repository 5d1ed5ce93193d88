import { randomUUIDv7 } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAccounts } from '#identity/accounts/accounts.service.ts';
import { createNewPasswords } from '#identity/accounts/passwords/new-passwords.ts';
import { createPasswordChanges } from '#identity/accounts/passwords/password-changes.ts';
import { grantReference } from '#identity/provider/store/payload-hashes.ts';
import { createPayloadStore } from '#identity/provider/store/payloads.store.ts';
import { endAccessOfAccount } from '#identity/provider/store/revoke-owners.ts';
import { createRevocationFeed } from '#identity/revocations/revocation-feed.ts';
import { insertAccount, testPasswords as passwords } from '#test/identity/support/an-account-row.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { revocationLog } from '#test/identity/support/revocation-log.ts';
import { databaseKinds } from '#test/support/database.ts';
import { startTestIdentity, unique } from '#test/support/identity.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const ADDRESS = '192.0.2.1';
const NEXT = 'another password of the test';
const LEAKED = 'correct horse battery staple';
/** As a list has it. */
const LEAKED_LINE = 'ABF7AAD6438836DBE526AA231ABDE2D0EEF74D42:384';

describe.each(databaseKinds())('a new password on %s', (kind) => {
  const setup = async (hash = passwords.hash) => {
    const opened = await identityDatabase(kind);
    const { database } = opened;
    const revocations = revocationLog();
    const store = createPayloadStore({ database, revocations, now: Date.now });
    const feed = createRevocationFeed({ database, now: Date.now });
    const accounts = createAccounts({ database, passwords });
    const person = await insertAccount(database);
    const changes = createPasswordChanges({
      database,
      accounts,
      hashNewPassword: createNewPasswords({ passwords: { hash }, breached: { holds: async (password) => password === LEAKED } }),
      endAccess: (tx, accountId) => endAccessOfAccount(tx, accountId, revocations),
      now: Date.now,
    });
    const change = (given: { readonly current?: string; readonly next?: string } = {}) =>
      changes.change({ accountId: person.id, current: person.password, next: NEXT, address: ADDRESS, ...given });
    const opens = async (password: string) =>
      (await accounts.authenticate({ username: person.username, password, address: ADDRESS })) !== null;
    return { ...opened, store, feed, accounts, person, changes, change, opens };
  };

  it('takes the place of the old one, and ends sessions, grants and refresh tokens, of which resource servers hear', async () => {
    await using world = await setup();
    const [grantId, own] = [randomUUIDv7(), { accountId: world.person.id, expiresAt: Date.now() + 60_000 }];
    await world.store.save({ model: 'Grant', id: grantId, payload: {}, clientId: 'c', ...own });
    await world.store.save({ model: 'RefreshToken', id: 'refresh', payload: {}, grantId, clientId: 'c', ...own });
    await world.store.save({ model: 'Session', id: 'session', payload: {}, ...own });
    await world.change();
    expect([await world.opens(world.person.password), await world.opens(NEXT)]).toEqual([false, true]);
    expect([await world.store.find('RefreshToken', 'refresh'), await world.store.find('Session', 'session')]).toEqual([
      undefined,
      undefined,
    ]);
    const { sequence } = await world.feed.advance();
    const told = await world.feed.between({ from: 0, to: sequence, limit: 10 }, ['urn:passthru:kms']);
    expect(told.map(({ event }) => event)).toEqual([{ kind: 'grant-revoked', grant: grantReference(grantId) }]);
  });

  it.each([
    ['without the current one', { current: 'wrong' }, { code: 'password-wrong', status: 403 }],
    ['that is short', { next: 'elevenchars' }, { code: 'password-too-short', status: 400 }],
    ['that leaked elsewhere', { next: LEAKED }, { code: 'password-breached', status: 400 }],
    ['that is longer than any', { next: 'p'.repeat(1025) }, { code: 'password-too-long', status: 400 }],
  ])('%s is refused, and the old one stays', async (_, given, refusal) => {
    await using world = await setup();
    await expect(world.change(given)).rejects.toMatchObject(refusal);
    expect(await world.opens(world.person.password)).toBe(true);
  });

  it('that is the old one is refused', async () => {
    await using world = await setup();
    await expect(world.change({ next: world.person.password })).rejects.toMatchObject({ code: 'password-same' });
  });

  it('is set by one of two changes at once; the other is told', async () => {
    let both: () => void = () => {};
    const met = new Promise<void>((resolve) => (both = resolve));
    let here = 0;
    await using world = await setup(async (password) => {
      here += 1;
      if (here === 2) both();
      await met;
      return passwords.hash(password);
    });
    const results = await Promise.allSettled([world.change(), world.change({ next: `${NEXT} too` })]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'password-changed', status: 409 } });
  });

  it('of an operator needs no old one, and is refused for an account that is not there', async () => {
    await using world = await setup();
    await world.changes.set(world.person.id, NEXT);
    expect([await world.opens(world.person.password), await world.opens(NEXT)]).toEqual([false, true]);
    await expect(world.changes.set(randomUUIDv7(), NEXT)).rejects.toMatchObject({ code: 'account-unknown', status: 404 });
    await expect(world.changes.set(world.person.id, LEAKED)).rejects.toMatchObject({ code: 'password-breached' });
  });

  it('is looked for at the price of a log-in: a guesser who has a session is stopped, too', async () => {
    await using world = await setup();
    const accounts = createAccounts({
      database: world.database,
      passwords,
      limits: { attempt: () => Promise.reject(Object.assign(new Error('slow'), { code: 'too-many-attempts' })) },
    });
    const changes = createPasswordChanges({
      database: world.database,
      accounts,
      hashNewPassword: createNewPasswords({ passwords, breached: { holds: async () => false } }),
      endAccess: async () => {},
      now: Date.now,
    });
    const guess = changes.change({ accountId: world.person.id, current: 'a guess', next: NEXT, address: ADDRESS });
    await expect(guess).rejects.toMatchObject({ code: 'too-many-attempts' });
  });
});

describe('Operators', () => {
  it('make an account with a password, and set another, of no list of breached ones', async () => {
    await using folder = await temporaryDirectory();
    const list = join(folder.path, 'breached.txt');
    await writeFile(list, `${LEAKED_LINE}\n`);
    await using identity = await startTestIdentity({ demo: false, overlay: { passwords: { breached_list: list } } });
    const body = {
      username: unique('person'),
      password: NEXT,
      name: 'n',
      email: 'e@test',
      tenant_id: crypto.randomUUID(),
      roles: ['user'],
    };
    const make = (password: string) => identity.admin('/admin/v1/accounts', { method: 'POST', body: { ...body, password } });
    expect(await (await make(LEAKED)).json()).toMatchObject({ status: 400, code: 'password-breached' });
    const { id } = (await (await make(NEXT)).json()) as { id: string };
    const set = (account: string, password: string) =>
      identity.admin(`/admin/v1/accounts/${account}/password`, { method: 'PUT', body: { password } });
    const answers = [await set(id, `${NEXT} too`), await set(id, 'short'), await set(id, LEAKED), await set(randomUUIDv7(), NEXT)];
    expect(answers.map(({ status }) => status)).toEqual([204, 400, 400, 404]);
  });
});

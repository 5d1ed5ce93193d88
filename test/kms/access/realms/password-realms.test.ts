import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { createConnectionProofs } from '#infra/secrets/connection-proofs.ts';
import { createVerifiedCache } from '#infra/secrets/verified-cache.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import { createPasswordRealms } from '#kms/access/realms/password-realms.ts';
import type { RealmUser } from '#kms/access/realms/realm-users.store.ts';
import { createRoles } from '#kms/access/roles.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

const setup = () => {
  const clock = createManualClock('2030-01-01T00:00:00Z');
  const tenant: TenantHandle = {
    id: randomUUID(),
    name: `tenant-${randomUUIDv7()}`,
    schemaName: 't',
    state: 'active',
    demo: false,
    database: () => Promise.reject(new Error('not used')),
  };
  const user: RealmUser = {
    subject: randomUUIDv7(),
    username: `user-${randomUUIDv7()}`,
    stored: 'hash-1',
    tenant: { by: 'id', value: tenant.id },
    roles: ['user'],
    isEnabled: true,
    passwordVersion: 'first',
    scopes: createRoles().scopesOf(['user']),
  };
  const world = {
    clock,
    user,
    users: [user] as RealmUser[],
    looks: 0,
    proved: [] as (readonly [subject: string, password: string])[],
    checks: [] as { password: string; stored: string | undefined }[],
    verify: async (password: string, stored: string | undefined): Promise<boolean> => stored === 'hash-1' && password === 'right',
  };
  const realm = {
    find: async (username: string) => {
      world.looks += 1;
      return world.users.find((each) => each.username === username);
    },
  };
  const realms = createPasswordRealms({
    realms: [realm],
    unleased: [realm],
    tenants: { byId: async () => tenant, byName: async () => tenant },
    passwords: {
      verify: (password, stored) => {
        world.checks.push({ password, stored });
        return world.verify(password, stored);
      },
    },
    verified: createVerifiedCache({ ttlMs: 30_000, max: 100, elapsed: () => clock.monotonic() }),
    proofs: createConnectionProofs({ ttlMs: 30_000, elapsed: () => clock.monotonic() }),
    attempts: createAttemptLimits({ clock }),
    challenges: createChallenges('detailed'),
    proved: (each, password) => void world.proved.push([each.subject, password]),
  });
  const logIn = (password: string, username = user.username, address = '192.0.2.1', connection: object = {}) =>
    realms.authenticate({ username, password, address, connection });
  return { ...world, world, realms, logIn, tenant };
};

describe('password realms', () => {
  it('say which password was right, also where it was changed before that was found', async () => {
    const { world, user, realms } = setup();
    world.verify = async () => {
      world.users = [{ ...user, stored: 'hash-2', passwordVersion: 'second' }];
      return true;
    };
    const found = await realms.logIn({ username: user.username, password: 'right', address: '192.0.2.1', connection: {} });
    expect([found.caller.subject, found.passwordVersion]).toEqual([user.subject, 'first']);
    expect((await realms.known(user.username))?.passwordVersion).toBe('second');
  });

  it('check a password once while it is remembered, and again afterwards', async () => {
    const { world, logIn } = setup();
    await logIn('right');
    await logIn('right');
    expect(world.checks).toHaveLength(1);
    await world.clock.advance(30_000);
    await logIn('right');
    expect(world.checks).toHaveLength(2);
  });

  it('check one credential once when it is sent many times at once, and count it as one attempt', async () => {
    const { world, logIn } = setup();
    const results = await Promise.all(Array.from({ length: 100 }, () => logIn('right')));
    expect(results.every((principal) => principal.username === world.user.username)).toBe(true);
    expect(world.checks).toHaveLength(1);
  });

  it('refuse a changed password at once, and one of a user that was removed', async () => {
    const { world, logIn } = setup();
    await logIn('right');
    world.users = [{ ...world.user, stored: 'hash-2' }];
    await expect(logIn('right')).rejects.toMatchObject({ code: 'password-invalid' });
    world.users = [];
    await expect(logIn('right')).rejects.toMatchObject({ code: 'password-invalid' });
    // Also for nobody the price of a check is paid.
    expect(world.checks.at(-1)).toEqual({ password: 'right', stored: undefined });
  });

  it('pass on that the queue is full, and do not hold it against the caller', async () => {
    const { world, logIn } = setup();
    const verify = world.verify;
    world.verify = () => Promise.reject(new AppError('password-queue-full', 429, 'too many', { headers: { 'Retry-After': '1' } }));
    for (let i = 0; i < 20; i += 1) await expect(logIn(`guess-${i}`)).rejects.toMatchObject({ code: 'password-queue-full', status: 429 });
    world.verify = verify;
    await expect(logIn('right')).resolves.toMatchObject({ authentication: { kind: 'realm-user' }, subject: world.user.subject });
  });

  it.each([
    ['a user name longer than any', 'right', 'u'.repeat(1_025)],
    ['a user name of more bytes than any', 'right', '\u{1F511}'.repeat(257)],
    ['no user name', 'right', ''],
    ['a password longer than any', 'p'.repeat(1_025), undefined],
    ['an empty password', '', undefined],
  ])('refuse %s as a wrong one, without a look at users or passwords', async (_, password, username) => {
    const { world, logIn } = setup();
    world.users = [{ ...world.user, username: username ?? world.user.username }];
    for (let n = 0; n < 50; n += 1)
      await expect(logIn(password, username)).rejects.toMatchObject({ status: 401, code: 'password-invalid' });
    expect({ looks: world.looks, checks: world.checks, waitedMs: world.clock.monotonic() }).toEqual({ looks: 0, checks: [], waitedMs: 0 });
  });

  it('let a remembered password pass while others make its account slow', async () => {
    const { world, logIn } = setup();
    await logIn('right');
    for (let i = 0; i < 60; i += 1) logIn(`guess-${i}`, undefined, `198.51.100.${i}`).catch(() => {});
    await expect(logIn('right')).resolves.toBeDefined();
    await expect(world.clock.until(logIn('guess', undefined, '203.0.113.1'))).rejects.toMatchObject({ code: 'too-many-attempts' });
  });

  it('do not take a remembered password for right at another address for nothing: a guess there is paid as any other', async () => {
    const { world, logIn } = setup();
    await logIn('right');
    for (let i = 0; i < 60; i += 1) logIn(`guess-${i}`, undefined, `198.51.100.${i}`).catch(() => {});
    await expect(world.clock.until(logIn('right', undefined, '203.0.113.1'))).rejects.toMatchObject({ code: 'too-many-attempts' });
  });

  it('take a password over the connection that proved it a moment ago without a guess, whatever others do, and no other password', async () => {
    const { world, logIn } = setup();
    const [address, connection] = ['192.0.2.1', {}];
    await logIn('right', undefined, address, connection);
    for (let i = 0; i < 60; i += 1) logIn(`guess-${i}`, undefined, address).catch(() => {});
    await expect(logIn('right', undefined, address, connection)).resolves.toBeDefined();
    expect(world.clock.monotonic()).toBe(0);
    const guess = world.clock.until(logIn('guess', undefined, address, connection));
    await expect(guess).rejects.toMatchObject({ code: 'too-many-attempts' });
  });

  it('check a password again over a connection that proved it too long ago, or held it against another stored hash', async () => {
    const { world, logIn } = setup();
    const [address, connection] = ['192.0.2.1', {}];
    await logIn('right', undefined, address, connection);
    await world.clock.advance(30_000);
    await logIn('right', undefined, address, connection);
    expect(world.checks).toHaveLength(2);
    world.users = [{ ...world.user, stored: 'hash-2' }];
    await expect(logIn('right', undefined, address, connection)).rejects.toMatchObject({ code: 'password-invalid' });
    expect(world.checks).toHaveLength(3);
  });

  it('refuse a user who is disabled by the same path as a name that nobody has, at once and over the connection that proved him before', async () => {
    const { world, logIn } = setup();
    const connection = {};
    await logIn('right', undefined, '192.0.2.1', connection);
    world.users = [{ ...world.user, isEnabled: false }];
    const refused = async (username?: string) => {
      const error: unknown = await logIn('right', username, '192.0.2.1', connection).catch((thrown: unknown) => thrown);
      const { code, status, message, headers, members } = error as AppError;
      return { code, status, message, headers, members, check: world.checks.at(-1) };
    };
    const disabled = await refused();
    expect(disabled).toMatchObject({ code: 'password-invalid', status: 401, check: { password: 'right', stored: undefined } });
    expect(await refused(`nobody-${randomUUIDv7()}`)).toEqual(disabled);
    expect(world.checks).toHaveLength(3);
  });

  it('ask no realm behind the one that knows a user who is disabled', async () => {
    const { world, logIn } = setup();
    world.users = [
      { ...world.user, isEnabled: false },
      { ...world.user, subject: 'another realm', stored: 'hash-1' },
    ];
    await expect(logIn('right')).rejects.toMatchObject({ code: 'password-invalid' });
  });

  it('find a name in each of its canonically equivalent spellings, and count guesses at all of them as guesses at one', async () => {
    const { world, logIn } = setup();
    world.users = [{ ...world.user, username: 'j\u00FCrge\u0301n'.normalize('NFC') }];
    const [composed, decomposed] = ['j\u00FCrge\u0301n'.normalize('NFC'), 'j\u00FCrge\u0301n'.normalize('NFD')];
    await expect(logIn('right', composed)).resolves.toBeDefined();
    await expect(logIn('right', decomposed)).resolves.toMatchObject({ subject: world.user.subject });
    expect(world.checks).toHaveLength(1);
    for (let i = 0; i < 60; i += 1) logIn(`guess-${i}`, i % 2 === 0 ? composed : decomposed, `198.51.100.${i}`).catch(() => {});
    await expect(world.clock.until(logIn('guess', decomposed, '203.0.113.1'))).rejects.toMatchObject({ code: 'too-many-attempts' });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('know nobody called %s where nobody is', async (username) => {
    const { logIn } = setup();
    await expect(logIn('right', username)).rejects.toMatchObject({ code: 'password-invalid' });
  });

  it('tell of each password that was found right, and of none that was not or that its connection had proved', async () => {
    const { world, logIn } = setup();
    const connection = {};
    await logIn('right', undefined, '192.0.2.1', connection);
    await logIn('right', undefined, '192.0.2.1', connection);
    await logIn('wrong').catch(() => {});
    expect(world.proved).toEqual([[world.user.subject, 'right']]);
  });
});

import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { federatedScopes } from '#kms/access/realms/federated-roles.ts';
import { createRoles } from '#kms/access/roles.ts';
import { createReadScopes } from '#kms/access/scopes.ts';
import { createSessions } from '#kms/access/sessions/create-sessions.ts';
import type { Proof } from '#kms/access/sessions/session.ts';
import { createSessionKeys } from '#kms/access/sessions/session-keys.ts';
import { createSessionUsers } from '#kms/access/sessions/session-users.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { testCaller } from '#test/support/kms-caller.ts';
import { openService } from '#test/support/kms-keys.ts';
import { rowsWithoutBarrier } from '#test/support/row-integrity.ts';

const ISSUER = 'https://id.example';
const MINUTE = 60_000;
const config = { idle_seconds: 1_800, absolute_seconds: 28_800, sessions_per_user: 10 };
const FIRST: Proof = { kind: 'password', passwordVersion: 'first' };

describe.each(databaseKinds())('A session of somebody who is changed, on %s', (kind) => {
  let test: TestDatabases;
  let service: Awaited<ReturnType<typeof openService>>;
  const rows = rowsWithoutBarrier();
  const rowKey = createSecretKey(randomBytes(32));
  const keys = createSessionKeys({ rowKey: () => rowKey });
  beforeAll(async () => {
    test = await withDatabases(kind);
    service = withLedger(await openService(test.databases), rows.service);
  });
  afterAll(() => test[Symbol.asyncDispose]());

  /** A user, and the sessions of as many replicas as a test wants. */
  const setup = () => {
    const id = randomUUID();
    const tenant: TenantHandle = {
      id,
      name: `tenant-${id}`,
      schemaName: 't',
      state: 'active',
      demo: false,
      database: () => Promise.reject(new Error('not used')),
    };
    const { request: _request, ...caller } = testCaller(tenant, new Set());
    const world = {
      clock: 0,
      generation: 0,
      tenant: tenant as TenantHandle | undefined,
      user: { caller, passwordVersion: 'first' },
      looks: 0,
      beforeLook: async (): Promise<void> => {},
    };
    const clocks = { now: () => Date.UTC(2031, 0, 1) + world.clock, elapsed: () => world.clock };
    const roles = createRoles([{ name: 'keeper', includes: [], scopes: ['kms:encrypt'] }]);
    const tenants = { byId: async () => world.tenant };
    const replica = () => {
      const users = createSessionUsers({
        realmUser: async () => {
          const { user } = world;
          world.looks += 1;
          await world.beforeLook();
          return user;
        },
        issuers: new Map([[ISSUER, { speaksFor: () => true, isRevoked: () => false, isActive: async () => true }]]),
        tenants,
        keys,
        readScopes: createReadScopes(),
        grantedTo: federatedScopes([{ issuer: ISSUER, role: 'staff', grants: ['keeper'] }], roles),
        recheckMs: 30_000,
        elapsed: clocks.elapsed,
      });
      const generation = () => world.generation;
      return createSessions({ config, service, rows, keys, users, tenants, generation, emit: () => {}, ...clocks });
    };
    return { world, caller, replica };
  };

  it('is over at its first use where the password was changed while it was being checked', async () => {
    const { world, caller, replica } = setup();
    const sessions = replica();
    world.user = { caller, passwordVersion: 'second' };
    const cookie = await sessions.begin({ caller, proof: FIRST });
    expect(await sessions.find(cookie)).toBeNull();
  });

  it('costs a look at its user once in a lease, and one more after a change of users', async () => {
    const { world, caller, replica } = setup();
    const sessions = replica();
    const cookie = await sessions.begin({ caller, proof: FIRST });
    for (let n = 0; n < 5; n += 1) expect(await sessions.find(cookie)).not.toBeNull();
    expect(world.looks).toBe(1);
    world.clock += LEASE_MS;
    await sessions.find(cookie);
    expect(world.looks).toBe(2);
    world.generation += 1;
    await sessions.find(cookie);
    expect(world.looks).toBe(3);
  });

  it('is not served by a look that began before the change', async () => {
    const { world, caller, replica } = setup();
    const sessions = replica();
    const cookie = await sessions.begin({ caller, proof: FIRST });
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    world.beforeLook = () => {
      begun.resolve();
      return held.promise;
    };
    const before = sessions.find(cookie);
    await begun.promise;
    world.beforeLook = async () => {};
    world.user = { caller, passwordVersion: 'second' };
    world.generation += 1;
    expect(await sessions.find(cookie)).toBeNull();
    held.resolve();
    await before;
    expect(await sessions.find(cookie)).toBeNull();
  });

  it('is over after its log-out, also where a look at it was under way', async () => {
    const { world, caller, replica } = setup();
    const sessions = replica();
    const cookie = await sessions.begin({ caller, proof: FIRST });
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    world.beforeLook = () => {
      begun.resolve();
      return held.promise;
    };
    const before = sessions.find(cookie);
    await begun.promise;
    await sessions.end(cookie);
    expect(await sessions.find(cookie)).toBeNull();
    held.resolve();
    await before;
    expect(await sessions.find(cookie)).toBeNull();
  });

  it('is never served longer than its tenant is', async () => {
    const { world, caller, replica } = setup();
    const sessions = replica();
    const cookie = await sessions.begin({ caller, proof: FIRST });
    expect(await sessions.find(cookie)).not.toBeNull();
    world.tenant = undefined;
    expect(await sessions.find(cookie)).toBeNull();
  });

  it('keeps the scopes that roles of an issuer are worth, for as long as it lasts', async () => {
    const { world, caller, replica } = setup();
    const sessions = replica();
    const user = { ...caller, roles: ['staff'] };
    const proof: Proof = {
      kind: 'issuer',
      issuer: ISSUER,
      refreshToken: 'token',
      scopes: ['kms:verify'],
      permissions: undefined,
      grant: null,
    };
    const cookie = await sessions.begin({ caller: user, proof });
    for (let n = 0; n < 3; n += 1) {
      expect([...((await sessions.find(cookie))?.caller.scopes ?? [])].toSorted()).toEqual(['kms:encrypt', 'kms:verify']);
      world.clock += LEASE_MS;
    }
  });

  it('that was used in two replicas is over half an hour after the last use in either', async () => {
    const { world, caller, replica } = setup();
    const [one, two] = [replica(), replica()];
    const cookie = await one.begin({ caller, proof: FIRST });
    expect(await one.find(cookie)).not.toBeNull();
    world.clock += 2 * MINUTE;
    expect(await two.find(cookie)).not.toBeNull();
    world.clock += 29 * MINUTE;
    expect(await one.find(cookie)).not.toBeNull();
    world.clock += 2 * MINUTE;
    expect(await two.find(cookie)).not.toBeNull();
    world.clock += 31 * MINUTE;
    expect(await one.find(cookie)).toBeNull();
  });
});

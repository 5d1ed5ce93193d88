import { NEW_USER } from '#kms/database/realm-users.table.ts';
import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FineScope } from '#infra/magic/magic.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantRecord } from '#kms/tenants/tenant.ts';
import { newIdempotencyKey, withKey } from '#test/kms/support/keyed-caller.ts';
import { OPERATORS, tenantsWorld, type TenantsWorld } from '#test/kms/support/tenants-world.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';

const DAY_MS = 86_400_000;
const unsealKey = new Uint8Array(randomBytes(32));
const newName = () => `t-${randomUUIDv7()}`;

describe.each(databaseKinds())('Who administers tenants on %s', (kind) => {
  const setUp = async (options: Parameters<typeof tenantsWorld>[2] = {}) => {
    const test = await withDatabases(kind);
    const world = await tenantsWorld(test.databases, unsealKey, options);
    return {
      ...world,
      databases: test.databases,
      reopen: () => test.reopen(),
      create: (name = newName()) => world.administration.create(world.operator, { name }),
      /** Works with a key of the tenant, which only one that is served does. */
      use: async ({ id }: Pick<TenantRecord, 'id'>) => {
        const caller = world.callerOf(id);
        const key = await world.keys.elasticKeys.create(caller, { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' });
        return world.keys.crypto.encrypt(caller, key.id, { plaintext: Buffer.from('x') });
      },
      [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
    };
  };
  type World = Awaited<ReturnType<typeof setUp>>;
  let test: World;
  beforeAll(async () => void (test = await setUp()));
  afterAll(() => test?.[Symbol.asyncDispose]());

  /** Another process on the same databases; SQLite files have one. */
  const replica = async (): Promise<TenantsWorld> => (kind === 'postgres' ? tenantsWorld(await test.reopen(), unsealKey) : test);
  const runJob = ({ job }: TenantsWorld) => job.run(new AbortController().signal);
  const closed = (code: string) => ({ code, status: 403 });

  it('makes one with a database of its own, which is served from the answer on, also by another replica at once', async () => {
    const made = await test.administration.create(test.operator, {
      name: newName(),
      description: 'A shop',
      labels: { env: 'prod', a: 'b' },
    });
    expect(made).toMatchObject({
      state: 'active',
      description: 'A shop',
      labels: { a: 'b', env: 'prod' },
      demo: false,
      removalDueAt: null,
    });
    await test.use(made);
    expect(await test.databases.names()).toContain(made.schemaName);
    const { tenants } = await replica();
    expect(await tenants.byName(made.name)).toMatchObject({ id: made.id });
  });

  it('suspends one: nobody comes in its name until it is active again, in any replica, and it keeps its name', async () => {
    const { administration, operator, tenants } = test;
    const made = await test.create();
    await test.use(made);
    const other = await replica();
    expect(await other.tenants.byId(made.id)).toBeDefined();
    const suspended = await administration.change(operator, made.id, { state: 'suspended' });
    expect(suspended).toMatchObject({ state: 'suspended', suspendedAt: test.clock.now });
    for (const directory of [tenants, other.tenants]) {
      await expect(directory.byId(made.id)).rejects.toMatchObject(closed('tenant-suspended'));
      await expect(directory.byName(made.name)).rejects.toMatchObject(closed('tenant-suspended'));
    }
    await expect(test.create(made.name)).rejects.toMatchObject({ code: 'tenant-name-used', status: 409 });
    // For the work of the service it is there.
    expect((await tenants.kept()).map(({ id }) => id)).toContain(made.id);
    expect((await (await tenants.keptById(made.id))?.database())?.name).toBe(made.schemaName);
    expect(await administration.change(operator, made.name, { state: 'active' })).toMatchObject({ state: 'active', suspendedAt: null });
    await test.use(made);
  });

  it('removes one when its wait is over, with all that it had; a record stays, and its name is free', async () => {
    const { administration, operator, service } = test;
    const made = await test.create();
    await test.use(made);
    const user = { id: randomUUIDv7(), username: `user-${made.name}`, password_hash: 'x', tenant_id: made.id, roles: '[]', demo: 0 };
    await service.transaction(async (tx) => {
      const row = test.rows.of(made.id).first('kms_realm_users', { ...user, created_at: 1, ...NEW_USER });
      await test.rows.service.put('kms_realm_users', tx, async (own) => {
        await own.insertInto('kms_realm_users').values(row).execute();
        return [row];
      });
    });
    const pending = await administration.scheduleRemoval(operator, made.id, { waitDays: 2 });
    expect(pending).toMatchObject({ state: 'pending-removal', removalDueAt: test.clock.now + 2 * DAY_MS });
    await expect(test.tenants.byId(made.id)).rejects.toMatchObject(closed('tenant-pending-removal'));
    test.clock.now += 2 * DAY_MS - 1;
    await runJob(test);
    expect(await administration.read(operator, made.id)).toMatchObject({ state: 'pending-removal' });
    test.clock.now += 1;
    await runJob(test);
    expect(test.removed).toContainEqual({ type: 'tenant-removed', id: made.id });
    expect(await administration.read(operator, made.id)).toMatchObject({
      name: made.name,
      state: 'removed',
      removedAt: expect.any(Number) as number,
      removalDueAt: null,
    });
    expect(await test.databases.names()).not.toContain(made.schemaName);
    expect(await test.tenants.byId(made.id)).toBeUndefined();
    expect(await service.db.selectFrom('kms_realm_users').select('id').where('tenant_id', '=', made.id).execute()).toEqual([]);
    expect(await service.db.selectFrom('barrier_keys').select('id').where('owner', '=', made.id).execute()).toEqual([]);
    expect(await service.db.selectFrom('kms_databases_to_drop').selectAll().execute()).toEqual([]);
    await expect(administration.read(operator, made.name)).rejects.toMatchObject({ code: 'tenant-not-found', status: 404 });
    for (const change of [
      () => administration.change(operator, made.id, { state: 'active' }),
      () => administration.restore(operator, made.id),
      () => administration.scheduleRemoval(operator, made.id),
    ])
      await expect(change()).rejects.toMatchObject({ code: 'tenant-removed', status: 409 });
    expect(await test.create(made.name)).toMatchObject({ name: made.name, state: 'active' });
  });

  it.each(['active', 'suspended'] as const)('restores one that was %s before, and nothing of it is gone', async (state) => {
    const { administration, operator } = test;
    const made = await test.create();
    await administration.change(operator, made.id, { state });
    await administration.scheduleRemoval(operator, made.id);
    const again = await administration.scheduleRemoval(operator, made.id, { waitDays: 365 });
    expect(again.removalDueAt).toBe(test.clock.now + 365 * DAY_MS);
    await expect(administration.change(operator, made.id, { state: 'active' })).rejects.toMatchObject({ code: 'tenant-pending-removal' });
    expect(await administration.restore(operator, made.id)).toMatchObject({ state, removalDueAt: null, restoresTo: null });
    test.clock.now += 400 * DAY_MS;
    await runJob(test);
    if (state === 'suspended') await administration.change(operator, made.id, { state: 'active' });
    await test.use(made);
  });

  it('is told when a clock that jumped keeps a removal waiting, and nothing is removed', async () => {
    const made = await test.create();
    await test.administration.scheduleRemoval(test.operator, made.id);
    test.clock.now += 8 * DAY_MS;
    test.clock.doubtfulUntil = test.clock.now + DAY_MS;
    await expect(runJob(test)).rejects.toMatchObject({
      code: 'tenants-not-removed',
      message: expect.stringContaining(`not believed before ${new Date(test.clock.doubtfulUntil).toISOString()}`) as string,
    });
    test.clock.doubtfulUntil = null;
    await test.administration.restore(test.operator, made.id);
    await test.use(made);
  });

  it('is nobody of a tenant that the configuration does not name, whatever scopes he has, and learns of no other tenant', async () => {
    const { administration } = test;
    const made = await test.create();
    const stranger = test.somebodyOf(made);
    for (const asked of [made.id, randomUUID(), OPERATORS])
      for (const act of [
        () => administration.read(stranger, asked),
        () => administration.change(stranger, asked, { state: 'suspended' }),
        () => administration.scheduleRemoval(stranger, asked),
        () => administration.restore(stranger, asked),
        () => administration.list(stranger, { name: asked }),
        () => administration.create(stranger, { name: newName() }),
      ])
        await expect(act()).rejects.toMatchObject({ code: 'tenants-not-administered', status: 403 });
    const withoutScope = { ...test.operator, scopes: new Set<FineScope>(['kms:tenants:read']) };
    await expect(administration.create(withoutScope, { name: newName() })).rejects.toMatchObject({ code: 'scope-insufficient' });
    expect((await administration.list(withoutScope, { name: made.name })).items).toEqual([made]);
  });

  it('never suspends or removes a tenant that administers, nor one of the demo', async () => {
    const { administration, operator, service, lifeCycle } = test;
    const administers = { code: 'tenant-administers', status: 409 };
    await expect(administration.change(operator, OPERATORS, { state: 'suspended' })).rejects.toMatchObject(administers);
    await expect(administration.scheduleRemoval(operator, OPERATORS)).rejects.toMatchObject(administers);
    expect(await administration.change(operator, OPERATORS, { description: 'Us' })).toMatchObject({ description: 'Us' });
    const id = randomUUID();
    await service.transaction(async (tx) => lifeCycle.activate(tx, await lifeCycle.create(tx, { id, name: newName(), demo: true })));
    // Here no demo runs, so it is not shown.
    await expect(administration.change(operator, id, { state: 'suspended' })).rejects.toMatchObject({ code: 'tenant-not-found' });
    expect((await administration.list(operator)).items.map((tenant) => tenant.id)).not.toContain(id);
  });

  it('refuses a name that is taken, has the form of an id, or is one too many, and nothing is left of it', async () => {
    await using full = await setUp({ max: 3 });
    const made = await full.create();
    const before = await full.databases.names();
    await expect(full.create(made.name)).rejects.toMatchObject({ code: 'tenant-name-used', status: 409 });
    await expect(full.create(randomUUID())).rejects.toMatchObject({ code: 'name-like-id', status: 400 });
    const [one, other] = await Promise.allSettled([full.create(), full.create()]);
    expect([one.status, other.status].toSorted()).toEqual(['fulfilled', 'rejected']);
    expect([one, other].find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'tenants-quota', status: 409 } });
    expect((await full.databases.names()).length).toBe(before.length + 1);
    expect(await full.service.db.selectFrom('kms_tenants').select('id').where('state', '=', 'preparing').execute()).toEqual([]);
  });

  it('asks again with the same Idempotency-Key and is answered as before; another request with it is refused', async () => {
    const { administration, operator } = test;
    const key = newIdempotencyKey();
    const name = newName();
    const made = await administration.create(withKey(operator, key), { name });
    expect(await administration.create(withKey(operator, key), { name })).toEqual(made);
    await expect(administration.create(withKey(operator, { ...key, fingerprint: 'other' }), { name: newName() })).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
    expect((await administration.list(operator, { name })).items).toEqual([made]);
  });

  it('changes one only where it is as he read it', async () => {
    const { administration, operator } = test;
    const made = await test.create();
    const precondition = ({ revision }: TenantRecord): void => {
      if (revision !== made.revision) throw new Error('changed meanwhile');
    };
    await administration.change(operator, made.id, { labels: { env: 'prod' } }, { precondition });
    await expect(administration.change(operator, made.id, { state: 'suspended' }, { precondition })).rejects.toThrow('changed meanwhile');
    await expect(administration.scheduleRemoval(operator, made.id, { precondition })).rejects.toThrow('changed meanwhile');
    expect(await administration.read(operator, made.id)).toMatchObject({ state: 'active', labels: { env: 'prod' } });
  });

  it('lists them page by page, by name, state and label', async () => {
    const { administration, operator } = test;
    const made: TenantRecord[] = [];
    const all: readonly Record<string, string>[] = [{ env: 'prod' }, { env: 'prod"', note: '"env":"prod"' }, { env: 'test' }];
    const own = { name: 'list', value: randomUUIDv7() };
    for (const labels of all.map((each) => ({ ...each, [own.name]: own.value }))) {
      made.push(await administration.create(operator, { name: newName(), labels }));
      test.clock.now += 1;
    }
    const [first, second] = made;
    await administration.change(operator, first?.id ?? '', { state: 'suspended' });
    const names = async (query: Parameters<typeof administration.list>[1]) =>
      (await administration.list(operator, { ...query, labels: [own, ...(query?.labels ?? [])] })).items.map(({ name }) => name);
    expect(await names({ labels: [{ name: 'env', value: 'prod' }] })).toEqual([first?.name]);
    expect(await names({ labels: [{ name: 'note', value: undefined }] })).toEqual([second?.name]);
    expect(await names({ state: 'suspended' })).toEqual([first?.name]);
    expect(await names({ name: second?.name ?? '' })).toEqual([second?.name]);
    for (const sort of ['name', '-name', 'created_at', '-created_at'] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await administration.list(operator, { sort, limit: 2, labels: [own], ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(new Set(seen).size).toBe(3);
      expect(seen).toEqual(await names({ sort }));
    }
  });

  it('leaves no row of a removed tenant in any table of the service that names tenants', async () => {
    const tables = await test.service.db.introspection.getTables();
    const naming = tables.filter(({ columns }) => columns.some(({ name }) => name === 'tenant_id')).map(({ name }) => name);
    const { TABLES_OF_TENANTS } = await import('#kms/tenants/rows-of-tenant.ts');
    expect(new Set(naming)).toEqual(new Set<keyof ServiceTables>(TABLES_OF_TENANTS));
  });
});

import { copyFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { serviceMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { basic, kmsHouse, type KmsHouse, runKms, type RunningKms } from '#test/kms/support/kms-server.ts';

/** The user of the damaged tenant, and of the one that must go on. */
const [HURT, WHOLE] = ['demo-user', 'demo-other-user'];
const A_LOOK_MS = 30_000;

/** Row of the tenant that is damaged here. */
const hurtTenant = async (test: TestDatabases) => {
  await using databases = await test.reopen();
  await using service = await databases.open<ServiceTables>('service', serviceMigrations);
  return await service.db.selectFrom('kms_tenants').selectAll().where('name', '=', 'demo').executeTakeFirstOrThrow();
};

const list = async (kms: RunningKms, user: string | undefined) => {
  const answer = await kms.send('/service/api/v1/elastic-keys', { headers: basic(String(user), `${user}-password`) });
  return { status: answer.status, body: answer.json<{ readonly code?: string; readonly items?: readonly unknown[] }>() };
};

const expectOnlyOneClosed = async (kms: RunningKms, code: string): Promise<void> => {
  expect(await list(kms, HURT)).toMatchObject({ status: 503, body: { code } });
  const other = await list(kms, WHOLE);
  expect(other.status).toBe(200);
  expect(other.body.items).not.toHaveLength(0);
};

/** What the job says in `/readyz`, and that the service is ready all the same. */
const lookedAt = async (kms: RunningKms): Promise<unknown> => {
  await vi.advanceTimersByTimeAsync(A_LOOK_MS);
  const look = async () => {
    const answer = await kms.send('/readyz');
    expect(answer.json<{ readonly dependencies: unknown }>().dependencies).toMatchObject({ database: { state: 'up' } });
    return answer.json<{
      readonly jobs: Readonly<
        Record<string, { readonly running: boolean; readonly last_run: string | null; readonly last_error: unknown }>
      >;
    }>().jobs['look-at-tenants'];
  };
  await expect.poll(look).toMatchObject({ running: false, last_run: expect.any(String) });
  return (await look())?.last_error;
};

const running = async (house: KmsHouse, logged: string[] = []): Promise<RunningKms> => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const log = {
    ...noTelemetry().log,
    error: (message: string) => void logged.push(message),
    info: (message: string) => void logged.push(message),
  };
  return runKms(house, { telemetry: { ...noTelemetry(), log } });
};

afterEach(() => vi.useRealTimers());

describe('A KMS on SQLite, of whose tenants one has a damaged file', () => {
  it.each<[string, string, (file: string) => Promise<void>]>([
    ['of garbage', 'database-corrupt', (file) => writeFile(file, 'this is no database '.repeat(1_000))],
    ['that was truncated', 'database-corrupt', async (file) => truncate(file, Math.floor((await stat(file)).size / 2))],
    ['that is empty', 'database-corrupt', (file) => truncate(file, 0)],
    ['that is missing', 'database-missing', (file) => rm(file)],
  ])('starts and serves the others with one %s, names it, and opens it once it is restored', async (_what, code, damage) => {
    await using test = await withDatabases('sqlite');
    await using house = await kmsHouse({ change: (config) => (config.database = test.config) });
    {
      await using first = await runKms(house);
      await expect(list(first, HURT)).resolves.toMatchObject({ status: 200 });
    }
    const { id, schema_name: name } = await hurtTenant(test);
    if (test.config.kind !== 'sqlite') throw new Error('this test is about files');
    const folder = test.config.directory;
    expect((await readdir(folder)).filter((file) => file.startsWith(`${name}.sqlite-`))).toEqual([]);
    const [file, kept] = [join(folder, `${name}.sqlite`), join(house.folder, 'kept')];
    await copyFile(file, kept);
    await damage(file);

    const logged: string[] = [];
    await using kms = await running(house, logged);
    await expectOnlyOneClosed(kms, code);
    expect((await kms.kms.demo?.state())?.seeded).toBe(false);
    expect(logged.filter((line) => line.startsWith(`tenant demo (${id}) is closed`))).toHaveLength(1);
    expect(await lookedAt(kms)).toContain(`tenant ${id} is closed: the database ${name} is`);

    await rm(file, { force: true });
    await copyFile(kept, file);
    expect(await lookedAt(kms)).toBeNull();
    expect(await list(kms, HURT)).toMatchObject({ status: 200 });
    expect(logged).toContain(`tenant demo (${id}) is open again`);
  });

  it('takes no writes for a file that is removed while it runs', async () => {
    await using test = await withDatabases('sqlite');
    await using house = await kmsHouse({ change: (config) => (config.database = test.config) });
    await using kms = await running(house);
    expect(await list(kms, HURT)).toMatchObject({ status: 200 });
    const tenant = (await kms.tenants())['demo'];
    if (test.config.kind !== 'sqlite') throw new Error('this test is about files');
    const { schema_name: name } = await hurtTenant(test);
    await rm(join(test.config.directory, `${name}.sqlite`));
    expect(await lookedAt(kms)).toContain(`tenant ${tenant} is closed`);
    await expectOnlyOneClosed(kms, 'database-missing');
  });
});

describe.runIf(databaseKinds().includes('postgres'))('A KMS on PostgreSQL, of whose tenants one has no schema', () => {
  it('starts and serves the others, also with its demo', async () => {
    await using test = await withDatabases('postgres');
    await using house = await kmsHouse({ change: (config) => (config.database = test.config) });
    await (await runKms(house))[Symbol.asyncDispose]();
    const { schema_name: name } = await hurtTenant(test);
    {
      await using databases = await test.reopen();
      await databases.drop(name);
    }
    await using kms = await runKms(house);
    await expectOnlyOneClosed(kms, 'database-missing');
    expect((await kms.kms.demo?.state())?.seeded).toBe(false);
  });

  it('closes that tenant when the schema goes while it runs', async () => {
    await using test = await withDatabases('postgres');
    await using house = await kmsHouse({ change: (config) => (config.database = test.config) });
    await using kms = await runKms(house);
    expect(await list(kms, HURT)).toMatchObject({ status: 200 });
    const { schema_name: name } = await hurtTenant(test);
    {
      await using databases = await test.reopen();
      await databases.drop(name);
    }
    await expectOnlyOneClosed(kms, 'database-missing');
  });
});

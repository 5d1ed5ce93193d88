import { randomUUIDv7 } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from './support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';

const house = ({ file }: { readonly file: boolean }) =>
  kmsHouse({
    realms: { order: ['database'] },
    change: (config) => {
      if (config.database.kind !== 'sqlite') throw new TypeError('the folder of a SQLite database is copied here');
      if (file) config.unseal.revisions_file = join(config.database.directory, '..', 'revisions.json');
    },
  });

const run = async ({ folder, ...rest }: KmsHouse) => {
  const warned: string[] = [];
  const quiet = noTelemetry();
  const log = { ...quiet.log, warn: (message: string) => void warned.push(message) };
  const kms = await runKms({ folder, ...rest }, { demo: false, telemetry: { ...quiet, log } });
  return { kms, warned };
};

const makeTenant = async (kms: RunningKms) => {
  const administrator = { username: `admin-${randomUUIDv7()}`, password: `p-${randomUUIDv7()}` };
  const made = await kms.sendAdmin('/admin/v1/tenants', { method: 'POST', body: { name: `t-${randomUUIDv7()}`, administrator } });
  expect(made.status).toBe(201);
  return basic(administrator.username, administrator.password);
};

const makeKey = (kms: RunningKms, headers: Record<string, string>) =>
  kms.send(KEYS, { method: 'POST', headers, body: { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' } });

describe('A KMS with a file of revisions', () => {
  it('refuses to start on a database that was put back, until an operator takes the file away, and says so in the log', async () => {
    await using of = await house({ file: true });
    const [data, copy, file] = [join(of.folder, 'data'), join(of.folder, 'copy'), join(of.folder, 'revisions.json')];
    const first = await run(of);
    const administrator = await makeTenant(first.kms);
    await first.kms[Symbol.asyncDispose]();
    expect(first.warned).toContainEqual(expect.stringContaining(`${file} was not there`));
    await cp(data, copy, { recursive: true });
    const second = await run(of);
    await makeTenant(second.kms);
    await second.kms[Symbol.asyncDispose]();
    expect(second.warned).not.toContainEqual(expect.stringContaining('was not there'));
    await rm(data, { recursive: true });
    await cp(copy, data, { recursive: true });
    await expect(run(of)).rejects.toMatchObject({
      code: 'database-rolled-back',
      message: expect.stringContaining('the service'),
      fix: expect.stringContaining('unseal.accept_older_databases'),
    });
    await rm(file);
    const third = await run(of);
    await using kms = third.kms;
    expect(third.warned).toContainEqual(expect.stringContaining(`${file} was not there`));
    expect((await makeKey(kms, administrator)).status).toBe(201);
  });

  it('closes a tenant whose database was put back, and serves the others', async () => {
    await using of = await house({ file: true });
    const [data, copy] = [join(of.folder, 'data'), join(of.folder, 'copy')];
    const first = await run(of);
    const [one, two] = [await makeTenant(first.kms), await makeTenant(first.kms)];
    expect((await makeKey(first.kms, one)).status).toBe(201);
    await first.kms[Symbol.asyncDispose]();
    await cp(data, copy, { recursive: true });
    const second = await run(of);
    expect((await makeKey(second.kms, one)).status).toBe(201);
    await second.kms[Symbol.asyncDispose]();
    await cp(copy, data, { recursive: true, filter: (path) => !path.includes('service') });
    const { kms: third } = await run(of);
    await using kms = third;
    const refused = await kms.send(KEYS, { headers: one });
    expect({ status: refused.status, code: refused.json<{ code: string }>().code }).toEqual({ status: 503, code: 'database-rolled-back' });
    expect((await makeKey(kms, two)).status).toBe(201);
  });
});

/** A tenant whose database alone was put back while no KMS ran: the audit, beside it, still says how far it had come. */
const tenantPutBack = async (of: KmsHouse) => {
  const [data, copy] = [join(of.folder, 'data'), join(of.folder, 'copy')];
  const first = await run(of);
  const [one, two] = [await makeTenant(first.kms), await makeTenant(first.kms)];
  await makeKey(first.kms, one);
  await first.kms[Symbol.asyncDispose]();
  await cp(data, copy, { recursive: true });
  const second = await run(of);
  expect((await makeKey(second.kms, one)).status).toBe(201);
  await second.kms[Symbol.asyncDispose]();
  await cp(copy, data, { recursive: true, filter: (path) => !/service|audit/.test(path) });
  return { one, two };
};

const codeOf = async (kms: RunningKms, headers: Record<string, string>) => {
  const answer = await kms.send(KEYS, { headers });
  return answer.status === 200 ? 200 : answer.json<{ code: string }>().code;
};

describe('A KMS without a file of revisions', () => {
  it('closes a tenant whose database is older than the signed heads of the audit say', async () => {
    await using of = await house({ file: false });
    const { one, two } = await tenantPutBack(of);
    const { kms: third } = await run(of);
    await using kms = third;
    expect([await codeOf(kms, one), await codeOf(kms, two)]).toEqual(['database-rolled-back', 200]);
  });

  it.each([true, false])(
    'takes it as it is where an operator says so for one start, and from then on without a word (with a file: %s)',
    async (file) => {
      await using of = await house({ file });
      const { one, two } = await tenantPutBack(of);
      const { unseal } = of.config;
      const told = await run({ ...of, config: { ...of.config, unseal: { ...unseal, accept_older_databases: true } } });
      expect(told.warned).toContainEqual(expect.stringContaining('set unseal.accept_older_databases to false'));
      expect([await codeOf(told.kms, one), await codeOf(told.kms, two)]).toEqual([200, 200]);
      await told.kms[Symbol.asyncDispose]();
      const after = await run(of);
      await using kms = after.kms;
      expect([await codeOf(kms, one), await codeOf(kms, two)]).toEqual([200, 200]);
      expect(after.warned).not.toContainEqual(expect.stringContaining('accept_older_databases'));
    },
  );
});

import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUIDv7 } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TenantChangeDocument, tenantChangeSchema, type TenantListDocument, tenantListSchema } from '#cli/documents/tenants.ts';
import { main } from '#cli/main.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

const KEYS = '/service/api/v1/elastic-keys';

let house: KmsHouse;
let kms: RunningKms;
let operator: string;
beforeAll(async () => {
  house = await kmsHouse();
  kms = await runKms(house);
  operator = join(house.folder, 'operator');
  await mkdir(operator);
  const store = await prepareTls({
    directory: join(house.folder, 'tls'),
    leaves: [{ name: 'passthru-cli', kind: 'client', commonName: 'passthru-cli', uriSans: [] }],
  });
  const { cert, key } = store.leaf('passthru-cli');
  await Promise.all([
    copyFile(store.caFile, join(operator, 'ca.pem')),
    copyFile(cert, join(operator, 'cli-client.pem')),
    copyFile(key, join(operator, 'cli-client.key')),
  ]);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const call = async (words: string) => {
  const cli = fakeProcess({ cwd: house.folder, env: {} });
  await main(`tenant ${words} --operator ${operator} --url ${kms.adminUrl}`.split(' '), cli);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, ...cli.written };
};
const document = async <D>(words: string, schema: object): Promise<D> => {
  const { code, out, err } = await call(`${words} --output json`);
  expect([code, err]).toEqual([0, '']);
  const read = JSON.parse(out) as D;
  const formats = { uuid: true, 'date-time': true } as const;
  expect(new Ajv2020({ formats }).compile(JSON.parse(JSON.stringify(schema)) as object)(read)).toBe(true);
  return read;
};

describe('Commands of an operator', () => {
  it('list tenants, suspend and activate one, and remove one after a wait in which it is restored', async () => {
    const administrator = { username: `admin-${randomUUIDv7()}`, password: `p-${randomUUIDv7()}` };
    const name = `t-${randomUUIDv7()}`;
    const { id } = (await kms.sendAdmin('/admin/v1/tenants', { method: 'POST', body: { name, administrator } })).json<{ id: string }>();
    const code = async () => {
      const answer = await kms.send(KEYS, { headers: basic(administrator.username, administrator.password) });
      return answer.json<{ code?: string }>().code ?? answer.status;
    };
    const change = async (words: string) => (await document<TenantChangeDocument>(words, tenantChangeSchema)).tenant;

    const { tenants } = await document<TenantListDocument>('list', tenantListSchema);
    expect(tenants.find((tenant) => tenant.id === id)).toEqual({ id, name, state: 'active', removal_at: null });
    expect(await change(`suspend ${name}`)).toMatchObject({ id, state: 'suspended' });
    expect(await code()).toBe('tenant-suspended');
    expect(await change(`activate ${id}`)).toMatchObject({ state: 'active' });
    expect(await code()).toBe(200);
    const before = Date.now();
    const { removal_at: at, state } = await change(`remove ${name} --wait-days 30`);
    expect([state, Math.round((Date.parse(at ?? '') - before) / 86_400_000)]).toEqual(['pending-removal', 30]);
    expect(await code()).toBe('tenant-pending-removal');
    const told = await call(`restore ${name}`);
    expect([told.code, told.out]).toEqual([0, `Restored tenant ${name} (${id})\n`]);
    expect(await code()).toBe(200);
    const scheduled = new RegExp(`^Scheduled the removal of tenant ${name} \\(${id}\\), to be removed at \\S+Z$`, 'm');
    expect((await call(`remove ${name}`)).out).toMatch(scheduled);
    await call(`restore ${name}`);
    expect((await call('list --quiet')).out.split('\n')).toContain(id);
  });

  it('tell what is wrong with what they are given, and change nothing of the demo', async () => {
    expect((await call('suspend nobody')).err).toContain('There is no such tenant');
    expect((await call('suspend demo')).err).toContain('belongs to the demo');
    expect((await call('remove Not_A_Name')).err).toContain('<tenant>');
    const { code, err } = await call('remove acme --wait-days 400');
    expect([code, err]).toEqual([64, expect.stringContaining('--wait-days')]);
  });
});

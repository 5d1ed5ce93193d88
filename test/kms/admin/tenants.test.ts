import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tenantCreateSchema } from '#cli/documents/tenant-create.ts';
import { main } from '#cli/main.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const stranger = `stranger-${randomUUIDv7()}`;
const ofFile = `file-${randomUUIDv7()}`;

const realms = (order: readonly string[]) => ({
  order,
  file: { users: [{ username: ofFile, password: '{plaintext}a long password', tenant: 'acme', roles: ['user'] }] },
});

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse({ clients: { [stranger]: [] }, realms: realms(['file', 'database']) });
  kms = await runKms(house, { demo: false });
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const newTenant = () => ({
  name: `t-${randomUUIDv7()}`,
  administrator: { username: `admin-${randomUUIDv7()}`, password: `p-${randomUUIDv7()}` },
});
const create = (body: Record<string, unknown>) => kms.sendAdmin('/admin/v1/tenants', { method: 'POST', body });
const as = ({ username, password }: { username: string; password: string }) => basic(username, password);

describe('A tenant that an operator makes', () => {
  it('has an administrator who makes keys, and is apart from every other tenant', async () => {
    const [one, other] = [newTenant(), newTenant()];
    const made = await create(one);
    expect(made.status).toBe(201);
    expect(made.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      name: one.name,
      administrator: { username: one.administrator.username, roles: ['tenant-admin'] },
    });
    expect(made.text).not.toContain(one.administrator.password);
    expect((await create(other)).status).toBe(201);
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' };
    const key = await kms.send(KEYS, { method: 'POST', headers: as(one.administrator), body });
    expect(key.status).toBe(201);
    const path = `${KEYS}/${key.json<{ id: string }>().id}`;
    expect((await kms.send(path, { headers: as(one.administrator) })).status).toBe(200);
    expect((await kms.send(path, { headers: as(other.administrator) })).status).toBe(404);
    expect((await kms.send(KEYS, { headers: basic(one.administrator.username, 'another password') })).status).toBe(401);
  });

  it('and its administrator are there after a start, when what an interrupted run left is removed', async () => {
    const tenant = newTenant();
    expect((await create(tenant)).status).toBe(201);
    await kms[Symbol.asyncDispose]();
    kms = await runKms(house, { demo: false });
    expect((await kms.send(KEYS, { headers: as(tenant.administrator) })).status).toBe(200);
  });

  it.each<[string, (taken: ReturnType<typeof newTenant>) => ReturnType<typeof newTenant>, string]>([
    ['the name of another tenant', (taken) => ({ ...newTenant(), name: taken.name }), 'tenant-name-used'],
    [
      'the user name of another administrator',
      (taken) => ({ ...newTenant(), administrator: { ...newTenant().administrator, username: taken.administrator.username } }),
      'username-used',
    ],
    [
      'a user name that realms.yml has first',
      () => ({ ...newTenant(), administrator: { ...newTenant().administrator, username: ofFile } }),
      'username-used',
    ],
  ])('is refused with %s, and nothing is left of it', async (_, change, code) => {
    const taken = newTenant();
    expect((await create(taken)).status).toBe(201);
    const wrong = change(taken);
    expect((await create(wrong)).json()).toMatchObject({ status: 409, code });
    expect((await kms.send(KEYS, { headers: as(taken.administrator) })).status).toBe(200);
    // Both names that were free before still are.
    const mended = { name: wrong.name === taken.name ? newTenant().name : wrong.name, administrator: newTenant().administrator };
    expect((await create(mended)).status).toBe(201);
  });

  it('is found, and not made twice, by who asks again with the same administrator and password: an answer may be lost', async () => {
    const tenant = newTenant();
    const made = await create(tenant);
    const again = await create(tenant);
    expect([made.status, again.status]).toEqual([201, 200]);
    expect(again.json()).toEqual(made.json());
    const other = newTenant().administrator;
    for (const administrator of [
      { ...tenant.administrator, password: other.password },
      { ...tenant.administrator, username: other.username },
      other,
    ])
      expect((await create({ ...tenant, administrator })).json()).toMatchObject({ status: 409, code: 'tenant-name-used' });
    expect((await kms.send(KEYS, { headers: as(tenant.administrator) })).status).toBe(200);
  });

  it('is made once where two ask for the same name at once', async () => {
    const name = newTenant().name;
    const answers = await Promise.all(Array.from({ length: 4 }, () => create({ ...newTenant(), name })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
  });

  it.each([
    ['/name', { ...newTenant(), name: 'Upper' }],
    ['/name', { administrator: newTenant().administrator }],
    ['/administrator/password', { ...newTenant(), administrator: { username: 'a', password: 'short' } }],
    ['/administrator/username', { ...newTenant(), administrator: { username: 'a:b', password: randomUUIDv7() } }],
    ['/demo', { ...newTenant(), demo: true }],
  ])('is refused where %s is wrong', async (field, body) => {
    const answer = await create(body);
    expect([answer.status, answer.json<{ errors: { field: string }[] }>().errors.map((each) => each.field)]).toEqual([400, [field]]);
  });

  it('is nothing for who is no operator', async () => {
    const client = await house.client(stranger);
    const answer = await client.request({ method: 'POST', url: `${kms.adminUrl}/admin/v1/tenants`, body: newTenant() });
    expect(answer.json()).toMatchObject({ status: 403, code: 'admin-client-unknown' });
    expect((await kms.send('/admin/v1/tenants', { method: 'POST', body: newTenant() })).status).toBe(404);
  });

  it('is refused where nobody could log in: the realm is switched off, or the service is sealed', async () => {
    await using off = await kmsHouse({ realms: realms(['file']) });
    await using without = await runKms(off, { demo: false });
    const ask = (to: RunningKms) => to.sendAdmin('/admin/v1/tenants', { method: 'POST', body: newTenant() });
    expect((await ask(without)).json()).toMatchObject({ status: 409, code: 'realm-switched-off' });
    await using sealedHouse = await kmsHouse({ change: (config) => void config.unseal.share_files.pop() });
    await using sealed = await runKms(sealedHouse, { demo: false });
    expect((await ask(sealed)).json()).toMatchObject({ status: 503, code: 'sealed' });
  });
});

describe('passthru tenant create', () => {
  it('makes one with a password that its caller knew before, and finds it again', async () => {
    await using folder = await temporaryDirectory();
    const operator = join(folder.path, 'operator');
    await mkdir(operator);
    const store = await prepareTls({
      directory: join(house.folder, 'tls'),
      leaves: [{ name: 'passthru-cli', kind: 'client', commonName: 'passthru-cli', uriSans: [] }],
    });
    const { cert, key } = store.leaf('passthru-cli');
    for (const [name, file] of Object.entries({ 'ca.pem': store.caFile, 'cli-client.pem': cert, 'cli-client.key': key }))
      await writeFile(join(operator, name), await readFile(file));
    const call = async (line: string, stdin?: string) => {
      const cli = fakeProcess({ cwd: folder.path, env: {}, ...(stdin === undefined ? {} : { stdin }) });
      await main(line.split(' '), cli);
      const code = process.exitCode;
      process.exitCode = 0;
      return { code, ...cli.written };
    };
    const { name, administrator } = newTenant();
    await writeFile(join(folder.path, 'ann.password'), `${administrator.password}\n`, { mode: 0o600 });
    const line = `tenant create ${name} --administrator ${administrator.username} --operator ${operator} --url ${kms.adminUrl}`;
    const first = await call(`${line} --password-file ann.password --output json`);
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).not.toContain(administrator.password);
    const document = JSON.parse(first.out) as { made: boolean; tenant: { id: string } };
    const validate = new Ajv2020({ validateFormats: false }).compile(JSON.parse(JSON.stringify(tenantCreateSchema)) as object);
    expect([validate(document), validate.errors]).toEqual([true, null]);
    expect((await kms.send(KEYS, { headers: as(administrator) })).status).toBe(200);

    // As after an answer that was lost, now from stdin.
    const again = await call(`${line} --password-file - --output json`, `${administrator.password}\n`);
    expect([again.code, JSON.parse(again.out)]).toEqual([0, { ...document, made: false }]);
    const quiet = await call(`${line} --password-file ann.password --quiet`);
    expect(quiet.out).toBe(`${document.tenant.id}\n`);

    const other = await call(`${line} --password-file -`, 'quite another password');
    expect([other.code, other.out]).toEqual([2, '']);
    expect(other.err).toMatch(/tenant-name-used[^]*Choose another name for the tenant/);
    // What is refused is named as the command line names it, whoever reads.
    const wrong = line.replace(name, 'Acme_X').replace(administrator.username, 'a:b');
    const refused = await call(`${wrong} --password-file -`, 'short');
    expect([refused.code, refused.out]).toEqual([2, '']);
    expect(refused.err).toMatch(/request-invalid {2}3 values are wrong/);
    expect(refused.err).toMatch(/- <name> must be lower-case[^]*- --administrator must be[^]*- the password of --password-file must NOT/);
    expect(refused.err).toMatch(/fix {2}`passthru tenant create --help`/);
    for (const output of ['json', 'structured']) {
      const { out } = await call(`${line} --password-file - --output ${output}`, 'short');
      expect(out).toContain('the password of --password-file must NOT have fewer than 12 characters');
      expect(out).toContain('`passthru tenant create --help` tells');
    }
    const lost = await call(`${line.replace(operator, join(folder.path, 'nowhere'))} --password-file ann.password`);
    expect(lost.err).toMatch(/operator-unreadable[^]*cli-client/);
  });
});

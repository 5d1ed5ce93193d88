import { randomUUIDv7 } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPasswordHash } from '#infra/secrets/password-hash.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { type RealmUserDocument, realmUserSchema, realmUsersImportSchema, realmUsersListSchema } from '#cli/documents/realm-users.ts';
import { main } from '#cli/main.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

const PASSWORD = 'correct horse battery';
const validates = (schema: object, document: unknown): boolean =>
  new Ajv2020({ formats: { uuid: true, 'date-time': true } }).compile(JSON.parse(JSON.stringify(schema)) as object)(document);

describe('passthru realm users', () => {
  let house: KmsHouse;
  let kms: RunningKms;
  let operator: string;
  beforeAll(async () => {
    house = await kmsHouse({ realms: { password_hash: { iterations: 210_000 } } });
    kms = await runKms(house);
    operator = join(house.folder, 'operator');
    await mkdir(operator);
    const tls = join(house.folder, 'tls');
    await Promise.all([
      copyFile(join(tls, 'ca.pem'), join(operator, 'ca.pem')),
      copyFile(join(tls, 'passthru-cli.pem'), join(operator, 'cli-client.pem')),
      copyFile(join(tls, 'passthru-cli.key'), join(operator, 'cli-client.key')),
    ]);
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  const call = async (words: string, input: { readonly stdin?: string; readonly tenant?: string } = {}) => {
    const { tenant = 'demo', ...rest } = input;
    const cli = fakeProcess({ cwd: house.folder, env: {}, ...rest });
    await main(`realm users ${words} --tenant ${tenant} --operator ${operator} --url ${kms.adminUrl}`.split(' '), cli);
    const code = process.exitCode;
    process.exitCode = 0;
    return { code, ...cli.written };
  };
  const document = async <D>(
    words: string,
    schema: object,
    input: { readonly stdin?: string; readonly tenant?: string } = {},
  ): Promise<D> => {
    const { code, out, err } = await call(`${words} --output json`, input);
    expect([code, err]).toEqual([0, '']);
    expect(validates(schema, JSON.parse(out))).toBe(true);
    return JSON.parse(out) as D;
  };
  const logIn = async (username: string, password: string) =>
    (await kms.send('/service/api/v1/elastic-keys', { headers: basic(username, password) })).status;
  const newName = () => `user-${randomUUIDv7()}`;

  it('make, change, disable, enable and remove a user, whose password comes from stdin or a file and is printed by none', async () => {
    const username = newName();
    const made = await call(`add ${username} --role user --email a@example.com --password-file -`, { stdin: `${PASSWORD}\n` });
    expect([made.code, made.out]).toEqual([0, expect.stringContaining(`Made user ${username} (`)]);
    expect(made.out + made.err).not.toContain(PASSWORD);
    expect(await logIn(username, PASSWORD)).toBe(200);

    await writeFile(join(house.folder, 'facts.json'), '{"cost_centre": 4711}');
    const set = await document<RealmUserDocument>(`set ${username} --role user service --metadata-file facts.json`, realmUserSchema);
    expect(set).toMatchObject({
      command: 'realm users set',
      user: { username, roles: ['user', 'service'], metadata: { cost_centre: 4711 }, email: 'a@example.com' },
    });
    expect((await document<RealmUserDocument>(`disable ${username}`, realmUserSchema)).user.enabled).toBe(false);
    expect(await logIn(username, PASSWORD)).toBe(401);
    await document(`enable ${set.user.id}`, realmUserSchema);
    await document(`set-password ${username} --password-file -`, realmUserSchema, { stdin: 'another long password\n' });
    expect(await logIn(username, PASSWORD)).toBe(401);
    expect(await logIn(username, 'another long password')).toBe(200);
    expect((await call('list')).out).toMatch(
      new RegExp(`^User name +State +Roles +Id\n(.*\n)*${username} +enabled +user, service +[\\w-]{36}$`, 'm'),
    );
    const { users } = await document<{ users: { username: string }[] }>('list', realmUsersListSchema);
    expect(users.map((user) => user.username)).toContain(username);
    await document(`remove ${username}`, realmUserSchema);
    expect((await call('list --quiet')).out).not.toContain(username);
  });

  it('say of a refusal which argument it is about, and change nothing', async () => {
    const username = newName();
    const short = await call(`add ${username} --role user --password-file -`, { stdin: 'short\n' });
    expect([short.code, short.err]).toEqual([2, expect.stringContaining('the password of --password-file')]);
    const role = await call(`add ${username} --role usr --password-file -`, { stdin: `${PASSWORD}\n` });
    expect([role.code, role.err]).toEqual([2, expect.stringContaining('--role names the role "usr"')]);
    expect(role.err).toContain('Did you mean user?');
    expect((await call(`set ${username}`)).code).toBe(64);
    expect((await call(`remove ${username}`)).err).toContain('no such user');
    const both = await call(`add ${username} --role user --password-file a --hash-file b`);
    expect([both.code, both.err]).toEqual([64, expect.stringContaining('exclude each other')]);
    expect((await call('list', { tenant: 'nobody' })).err).toContain('no such tenant');
  });

  it('keep the last administrator of a tenant, unless that is meant otherwise', async () => {
    const made = await kms.sendAdmin('/admin/v1/tenants', {
      method: 'POST',
      body: { name: `t-${randomUUIDv7()}`, administrator: { username: newName(), password: PASSWORD } },
    });
    const { id: tenant, administrator } = made.json<{ id: string; administrator: { username: string } }>();
    for (const act of ['disable', 'remove']) {
      const refused = await call(`${act} ${administrator.username}`, { tenant });
      expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('nobody could administer')]);
      expect(refused.err).toContain('--allow-no-administrator');
    }
    expect((await call(`set ${administrator.username} --role user`, { tenant })).code).toBe(2);
    await document(`remove ${administrator.username} --allow-no-administrator`, realmUserSchema, { tenant });
  });

  it('import the users of a realms.yml with the hashes of other systems, once, and tell of each that is refused', async () => {
    const [passlib, own, blowfish, plain, elsewhere] = [newName(), newName(), newName(), newName(), newName()];
    const hash = await createPasswords({ iterations: 220_000 }).hash(PASSWORD);
    const entries = [
      { username: passlib, password: hash.replace('$i=', '$').replaceAll('+', '.'), tenant: 'demo', roles: ['user'], enabled: true },
      {
        username: own,
        password_hash: formatPasswordHash({ iterations: 600_000, salt: Buffer.alloc(16, 1), hash: Buffer.alloc(32, 2) }),
        roles: ['service'],
        display_name: 'Own',
      },
      { username: blowfish, password: `$2b$12$${'a'.repeat(53)}`, roles: ['user'] },
      { username: plain, password: `{plaintext}${PASSWORD}`, roles: ['user'] },
      { username: elsewhere, password: hash, tenant: 'demo-other', roles: ['user'] },
    ];
    await writeFile(join(house.folder, 'users.yml'), JSON.stringify({ file: { users: entries } }));
    const first = await call('import users.yml --output json');
    expect(first.code).toBe(1);
    expect(validates(realmUsersImportSchema, JSON.parse(first.out))).toBe(true);
    expect(JSON.parse(first.out)).toMatchObject({
      made: [passlib, own],
      there: [],
      refused: [
        { username: blowfish, code: 'password-hash-invalid', message: expect.stringContaining('Blowfish') },
        { username: plain, code: 'password-hash-invalid' },
        { username: elsewhere, code: 'tenant-other' },
      ],
    });
    expect(first.out + first.err).not.toContain(PASSWORD);
    expect(await logIn(passlib, PASSWORD)).toBe(200);
    await writeFile(join(house.folder, 'users.yml'), JSON.stringify(entries.slice(0, 2)));
    const again = await document<{ made: string[]; there: string[] }>('import users.yml', realmUsersImportSchema);
    expect([again.made, again.there]).toEqual([[], [passlib, own]]);
    await writeFile(join(house.folder, 'users.yml'), 'file: { users: 7 }');
    expect((await call('import users.yml')).code).toBe(64);
  });
});

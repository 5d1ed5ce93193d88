import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { main } from '#cli/main.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { loadRealms } from '#kms/access/realms/realms-config.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { KMS_CONFIG_FOLDER } from '#test/kms/support/kms-server.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const PASSWORD = 'correct horse battery';

const call = async (cwd: string, line: string) => {
  const cli = fakeProcess({ cwd, env: {}, stdin: `${PASSWORD}\n` });
  await main(line.split(' '), cli);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, ...cli.written };
};

describe('passthru realm add', () => {
  it('prints an entry that the KMS takes, with a hash of the password', async () => {
    await using folder = await temporaryDirectory();
    const { code, out, err } = await call(folder.path, 'realm add bob --tenant acme --role user service --password-file -');
    expect([code, err]).toEqual([0, '']);
    const [entry] = parse(out) as [{ username: string; password: string }];
    expect(entry).toMatchObject({ username: 'bob', tenant: 'acme', roles: ['user', 'service'] });
    expect(await createPasswords().verify(PASSWORD, entry.password)).toBe(true);
  });

  it('puts it into a realms file, which keeps comments, owner and mode, and refuses the same name again', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'realms.yml');
    await writeFile(file, await readFile(join(KMS_CONFIG_FOLDER, 'realms.yml')));
    await chmod(file, 0o640);
    const before = await stat(file);
    const line = 'realm add bob --tenant acme --role user --password-file - --file realms.yml';
    for (const each of [line, line.replace('bob', 'eve')]) expect((await call(folder.path, each)).code).toBe(0);
    const { file: realm, order } = await loadRealms(file);
    expect(realm.users.map(({ username, tenant, roles, demo }) => ({ username, tenant, roles, demo }))).toEqual([
      { username: 'bob', tenant: 'acme', roles: ['user'], demo: false },
      { username: 'eve', tenant: 'acme', roles: ['user'], demo: false },
    ]);
    expect(order).toEqual(['file', 'database', 'federation']);
    const text = await readFile(file, 'utf8');
    expect(text).toContain('# Realms in use');
    expect(text).not.toContain(PASSWORD);
    const after = await stat(file);
    expect([after.ino, after.mode, after.uid]).toEqual([before.ino, before.mode, before.uid]);
    const again = await call(folder.path, line);
    expect([again.code, await readFile(file, 'utf8')]).toEqual([2, text]);
    expect(again.err).toContain('username-used');
  });

  it.each([
    ['realm add a:b --tenant acme --role user --password-file -', 64, 'without colon'],
    ['realm add bob --tenant acme --role king --password-file -', 64, 'some of admin'],
    ['realm add bob --tenant acme --role user --password-file - --file nowhere.yml', 2, 'realms-unreadable'],
  ])('refuses %j', async (line, code, why) => {
    await using folder = await temporaryDirectory();
    const refused = await call(folder.path, line);
    expect([refused.code, refused.out]).toEqual([code, '']);
    expect(refused.err).toContain(why);
  });

  it.each(['file: [', '- a list', 'file: { users: bob }'])('leaves a file alone that is no realms file: %j', async (text) => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'realms.yml'), text);
    const refused = await call(folder.path, 'realm add bob --tenant acme --role user --password-file - --file realms.yml');
    expect([refused.code, await readFile(join(folder.path, 'realms.yml'), 'utf8')]).toEqual([2, text]);
    expect(refused.err).toContain('realms-unreadable');
  });
});

import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { main } from '#cli/main.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { loadRealms } from '#kms/access/realms/load-realms.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { KMS_CONFIG_FOLDER } from '#test/kms/support/kms-server.ts';
import { FOREIGN_PASSWORD, TAKEN } from '#test/infra/secrets/foreign-hashes.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const PASSWORD = 'correct horse battery';

const call = async (cwd: string, line: string, stdin = PASSWORD) => {
  const cli = fakeProcess({ cwd, env: {}, stdin: `${stdin}\n` });
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

  it.each(TAKEN)(
    'takes the hash that %s made, and writes it in the form of the KMS, rounds and salt as they were',
    async (_, hash, rounds) => {
      await using folder = await temporaryDirectory();
      const { code, out, err } = await call(folder.path, 'realm add bob --tenant acme --role user --hash-file -', hash);
      expect([code, err]).toEqual([0, '']);
      const [entry] = parse(out) as [{ password: string }];
      expect(entry.password).toMatch(new RegExp(`^\\$pbkdf2-sha256\\$i=${rounds}\\$`));
      expect(await createPasswords().verify(FOREIGN_PASSWORD, entry.password)).toBe(true);
    },
  );

  it.each([
    ['$pbkdf2-sha256$29000$HsP4f08p5TwHwDjnfI9xbg$S36xmcimOIbzg8NAJ/Em1/a0md8zVSE98Xp87DsuqBk', 'has fewer than 210000 iterations'],
    ['$2a$10$d9ijOx6KbnKPnIr.HdKbKunJjQM/90E9o6223LV60S9WoM.Muna/e', 'is a hash of Blowfish crypt'],
    [PASSWORD, 'is not of the form'],
    [`{plaintext}${PASSWORD}`, 'is a password and no hash'],
    ['', 'is empty'],
  ])('refuses %j as a hash, names the flag and repeats nothing of it', async (hash, why) => {
    await using folder = await temporaryDirectory();
    const line = 'realm add bob --tenant acme --role user --hash-file - --output json';
    const { code, out, err } = await call(folder.path, line, hash);
    expect(code).toBe(64);
    const { error } = JSON.parse(out) as { error: { code: string; message: string; fix: string } };
    expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(`--hash-file ${why}`) });
    expect(error.fix).not.toBe('');
    expect(out + err).not.toContain(hash === '' ? PASSWORD : hash);
  });

  it('takes a password or a hash, not both', async () => {
    await using folder = await temporaryDirectory();
    const refused = await call(folder.path, 'realm add bob --tenant acme --role user --hash-file - --password-file -');
    expect([refused.code, refused.out]).toEqual([64, '']);
    expect(refused.err).toContain('exclude each other');
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

  it('takes a role that the file states, and no other', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'realms.yml');
    await writeFile(file, 'roles:\n  - name: auditor\n    scopes: [kms:audit]\n');
    const line = (role: string) => `realm add bob-${role} --tenant acme --role user ${role} --password-file - --file realms.yml`;
    expect((await call(folder.path, line('auditor'))).code).toBe(0);
    expect((await loadRealms(file)).file.users).toMatchObject([{ username: 'bob-auditor', roles: ['user', 'auditor'] }]);
    const refused = await call(folder.path, line('auditer'));
    expect([refused.code, refused.err]).toEqual([64, expect.stringContaining('service, auditor, not "auditer"')]);
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

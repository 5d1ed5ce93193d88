import { randomUUIDv7 } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { loadRealms } from '#kms/access/realms/realms-config.ts';
import { realmsJsonSchema } from '#kms/access/realms/realms-schema.ts';
import { KMS_CONFIG_FOLDER } from '#test/kms/support/kms-server.ts';
import { REFUSED, TAKEN } from '#test/infra/secrets/foreign-hashes.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const published = join(KMS_CONFIG_FOLDER, 'realms.schema.json');

const load = async (realms: unknown) => {
  await using folder = await temporaryDirectory();
  const file = join(folder.path, 'realms.yml');
  await writeFile(file, stringify(realms));
  return await loadRealms(file);
};
const SALT = Buffer.alloc(16, 1).toString('base64').replaceAll('=', '');
const HASH = Buffer.alloc(32, 2).toString('base64').replaceAll('=', '');
const user = (change: Record<string, unknown> = {}) => ({
  username: `user-${randomUUIDv7()}`,
  password: '{plaintext}a secret',
  tenant: `tenant-${randomUUIDv7()}`,
  roles: ['user'],
  ...change,
});

describe('realms.yml', () => {
  it('has the published schema', async () => {
    expect(JSON.parse(await readFile(published, 'utf8'))).toEqual(realmsJsonSchema());
  });

  it.each(['realms.yml', 'realms.demo.yml'])('is valid as delivered, by us and by the published schema: %s', async (name) => {
    const file = join(KMS_CONFIG_FOLDER, name);
    await expect(loadRealms(file)).resolves.toMatchObject({ order: ['file', 'database', 'federation'] });
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(await readFile(published, 'utf8')) as object);
    expect(validate(parse(await readFile(file, 'utf8')))).toBe(true);
  });

  it('takes the hashes of passlib, Django, Werkzeug and Spring Security as they are, by the published schema too', async () => {
    const realms = { file: { users: TAKEN.map(([, password]) => user({ password })) } };
    expect((await load(realms)).file.users.map(({ password }) => password)).toEqual(TAKEN.map(([, hash]) => hash));
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(await readFile(published, 'utf8')) as object);
    expect(validate(realms)).toBe(true);
  });

  it.each(REFUSED)('refuses the hash of %s, names the field and what the hash is, and repeats nothing of it', async (_, password, says) => {
    const refused = await load({ file: { users: [user(), user({ password })] } }).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({
      code: 'config-invalid',
      fields: [
        {
          field: 'realms.yml#/file/users/1/password',
          message: expect.stringContaining(says),
          fix: expect.stringContaining('hash-password'),
        },
      ],
    });
    expect(JSON.stringify(refused)).not.toContain(password.slice(-20));
  });

  it('has the documented passwords behind the hashes of the demo', async () => {
    const text = await readFile(join(KMS_CONFIG_FOLDER, 'realms.demo.yml'), 'utf8');
    const documented = [...text.matchAll(/username: (\S+) # password: (\S+)\n\s+password: (\S+)/g)];
    const { users } = (await loadRealms(join(KMS_CONFIG_FOLDER, 'realms.demo.yml'))).file;
    const hashed = users.filter((user) => !user.password.startsWith('{plaintext}'));
    expect(documented.map(([, username]) => username)).toEqual(hashed.map((user) => user.username));
    for (const [, username, password, hash] of documented) {
      expect(password).toBe(`${username}-password`);
      expect(hash).toContain('$i=600000$');
      expect(await createPasswords().verify(password ?? '', hash)).toBe(true);
    }
  });

  it('takes all its defaults from an empty file', async () => {
    expect(await load({})).toEqual({
      order: ['file', 'database', 'federation'],
      password_hash: { iterations: 600_000, salt_bytes: 32 },
      file: { users: [] },
      certificates: { tenant_from: 'mapping', clients: [] },
    });
  });

  const client = { common_name: `client-${randomUUIDv7()}`, roles: ['service'] };
  const twice = user();
  it.each([
    ['an unknown key', { realm: [] }, 'realms.yml#/realm'],
    ['an unknown realm', { order: ['ldap'] }, 'realms.yml#/order/0'],
    ['a realm that stands twice', { order: ['file', 'file'] }, 'realms.yml#/order'],
    ['an unknown role', { file: { users: [user({ roles: ['root'] })] } }, 'realms.yml#/file/users/0/roles/0'],
    ['a user without tenant', { file: { users: [user({ tenant: undefined })] } }, 'realms.yml#/file/users/0/tenant'],
    [
      'a password that is neither hash nor marked plaintext',
      { file: { users: [user({ password: 'secret' })] } },
      'realms.yml#/file/users/0/password',
    ],
    ...Object.entries({
      'the form of passlib': `$pbkdf2-sha256$29000$${SALT}$${HASH}`,
      'padded base64': `$pbkdf2-sha256$i=600000$${SALT}==$${HASH}=`,
      'too many iterations': `$pbkdf2-sha256$i=99999999$${SALT}$${HASH}`,
      'too few iterations': `$pbkdf2-sha256$i=209999$${SALT}$${HASH}`,
      'a salt that is too short': `$pbkdf2-sha256$i=600000$${SALT.slice(0, 20)}$${HASH}`,
      'half a hash': `$pbkdf2-sha256$i=600000$${SALT}$${HASH.slice(0, 20)}`,
    }).map(([what, password]): [string, object, string] => [
      `a password hash of ${what}`,
      { file: { users: [user({ password: `$pbkdf2-sha256$i=600000$${SALT}$${HASH}` }), user({ password })] } },
      'realms.yml#/file/users/1/password',
    ]),
    ['an empty plaintext', { file: { users: [user({ password: '{plaintext}' })] } }, 'realms.yml#/file/users/0/password'],
    ['a user name with a colon', { file: { users: [user({ username: 'a:b' })] } }, 'realms.yml#/file/users/0/username'],
    ['a user name that stands twice', { file: { users: [twice, twice] } }, 'realms.yml#/file/users/1/username'],
    ['a certificate without tenant', { certificates: { clients: [client] } }, 'realms.yml#/certificates/clients/0/tenant'],
    [
      'a mapped tenant where certificates name theirs',
      { certificates: { tenant_from: 'uri-san', clients: [{ ...client, tenant: 'demo' }] } },
      'realms.yml#/certificates/clients/0/tenant',
    ],
    [
      'a common name that stands twice',
      { certificates: { tenant_from: 'uri-san', clients: [client, client] } },
      'realms.yml#/certificates/clients/1/common_name',
    ],
    ['too few rounds of PBKDF2', { password_hash: { iterations: 209_999 } }, 'realms.yml#/password_hash/iterations'],
  ])('refuses %s and names the field', async (_, realms, field) => {
    const error = await load(realms).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config-invalid' });
    expect((error as { fields: { field: string }[] }).fields.map((issue) => issue.field)).toContain(field);
    expect((error as Error).message).not.toContain(SALT);
  });
});

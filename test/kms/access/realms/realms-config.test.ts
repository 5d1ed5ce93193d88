import { randomUUIDv7 } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { loadRealms } from '#kms/access/realms/load-realms.ts';
import { createRoles } from '#kms/access/roles.ts';
import { expandScopes, FINE_SCOPES } from '#kms/access/scopes.ts';
import { realmsJsonSchema } from '#kms/access/realms/realms-schema.ts';
import { KMS_CONFIG_FOLDER } from '#test/kms/support/kms-server.ts';
import { REFUSED, TAKEN } from '#test/infra/secrets/foreign-hashes.ts';
import { ROOT } from '#test/support/engine.ts';
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
      roles: [],
      file: { users: [] },
      federation: { roles: [] },
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
    ['a user name that mixes scripts', { file: { users: [user({ username: 'аdmin' })] } }, 'realms.yml#/file/users/0/username'],
    ['a user name in two spellings', { file: { users: [user({ username: 'ju\u0308rgen' })] } }, 'realms.yml#/file/users/0/username'],
    ['an address that is none', { file: { users: [user({ email: 'a b' })] } }, 'realms.yml#/file/users/0/email'],
    ['a word in the place of a switch', { file: { users: [user({ enabled: 'yes' })] } }, 'realms.yml#/file/users/0/enabled'],
    ['metadata that is no map', { file: { users: [user({ metadata: ['a'] })] } }, 'realms.yml#/file/users/0/metadata'],
    ['metadata that is too long', { file: { users: [user({ metadata: { a: 'x'.repeat(4_096) } })] } }, 'realms.yml#/file/users/0/metadata'],
    ['a time without a zone', { file: { users: [user({ created_at: '2031-01-01' })] } }, 'realms.yml#/file/users/0/created_at'],
    ['a role that stands twice', { roles: [{ name: 'a' }, { name: 'a' }] }, 'realms.yml#/roles/1/name'],
    ['a role of an odd name', { roles: [{ name: 'A b' }] }, 'realms.yml#/roles/0/name'],
    ['a role with an unknown scope', { roles: [{ name: 'a', scopes: ['kms:all'] }] }, 'realms.yml#/roles/0/scopes/0'],
    [
      'roles in a circle',
      {
        roles: [
          { name: 'a', includes: ['b'] },
          { name: 'b', includes: ['a'] },
        ],
      },
      'realms.yml#/roles/0/includes',
    ],
    [
      'a certificate with an unknown role',
      { certificates: { clients: [{ ...client, tenant: 'demo', roles: ['root'] }] } },
      'realms.yml#/certificates/clients/0/roles/0',
    ],
    [
      'a role of an issuer that grants an unknown one',
      { federation: { roles: [{ issuer: 'https://id.example', role: 'r', grants: ['root'] }] } },
      'realms.yml#/federation/roles/0/grants/0',
    ],
    ['too few rounds of PBKDF2', { password_hash: { iterations: 209_999 } }, 'realms.yml#/password_hash/iterations'],
  ])('refuses %s and names the field', async (_, realms, field) => {
    const error = await load(realms).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config-invalid' });
    expect((error as { fields: { field: string }[] }).fields.map((issue) => issue.field)).toContain(field);
    expect((error as Error).message).not.toContain(SALT);
  });

  it('takes users with all that the database realm knows of one, and roles of its own', async () => {
    const whole = user({
      roles: ['auditor', 'user'],
      enabled: false,
      email: 'alice@example.com',
      display_name: 'Alice Müller',
      metadata: { cost_centre: 4711, teams: ['a'] },
      created_at: '2031-01-01T00:00:00Z',
      updated_at: '2031-02-01T00:00:00.5Z',
      password_changed_at: '2031-01-15T00:00:00Z',
    });
    const roles = [{ name: 'auditor', scopes: ['kms:audit'], description: 'reads' }];
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(await readFile(published, 'utf8')) as object);
    expect(validate({ roles, file: { users: [whole] } })).toBe(true);
    expect((await load({ roles, file: { users: [whole, user()] } })).file.users).toMatchObject([whole, { enabled: true }]);
  });

  it('checks the metadata of its users by a schema of their own, whose own mistakes it names', async () => {
    const schema = {
      type: 'object',
      properties: { cost_centre: { type: 'integer' } },
      required: ['cost_centre'],
      additionalProperties: false,
    };
    const withMetadata = (...all: readonly unknown[]) => ({
      user_metadata_schema: schema,
      file: { users: all.map((metadata) => user({ metadata })) },
    });
    await expect(load(withMetadata({ cost_centre: 1 }))).resolves.toMatchObject({ user_metadata_schema: schema });
    const refused = { code: 'config-invalid', fields: [{ field: 'realms.yml#/file/users/1/metadata/cost_centre' }] };
    await expect(load(withMetadata({ cost_centre: 1 }, { cost_centre: '1' }))).rejects.toMatchObject(refused);
    for (const broken of [{ type: 'objekt' }, { $ref: 'https://example.com/schema.json' }, { unknownKeyword: 1 }])
      await expect(load({ user_metadata_schema: broken })).rejects.toMatchObject({
        code: 'config-invalid',
        fields: [{ field: 'realms.yml#/user_metadata_schema', message: expect.stringContaining('is no JSON Schema') }],
      });
  });

  it('names the line of what it refuses, and how to mend it', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'realms.yml');
    const text = ['roles:', '  - name: a', '    includes: [b]', '  - name: b', '    includes:', '      - a', '      - usr'];
    await writeFile(file, text.join('\n'));
    const refused: unknown = await loadRealms(file).catch((thrown: unknown) => thrown);
    expect((refused as { fields: unknown }).fields).toEqual([
      { field: 'realms.yml#/roles/0/includes', line: 3, message: 'goes in a circle: a → b → a', fix: 'Remove b there.' },
      {
        field: 'realms.yml#/roles/1/includes/1',
        line: 7,
        message: 'names the role "usr", which does not exist',
        fix: 'Did you mean user?',
      },
      { field: 'realms.yml#/roles/1/includes', line: 5, message: 'goes in a circle: b → a → b', fix: 'Remove a there.' },
    ]);
    expect((refused as Error).message).toContain('realms.yml#/roles/0/includes (line 3): goes in a circle');
  });

  it('knows the issuers that it gives roles for', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'realms.yml');
    const issuer = 'https://id.example';
    await writeFile(file, stringify({ federation: { roles: [{ issuer, role: 'r', grants: ['user'] }] } }));
    await expect(loadRealms(file, { issuers: [issuer] })).resolves.toMatchObject({ federation: { roles: [{ issuer }] } });
    await expect(loadRealms(file, { issuers: [`${issuer}/`] })).rejects.toMatchObject({
      fields: [{ field: 'realms.yml#/federation/roles/0/issuer', message: 'is no issuer of identity.issuers' }],
    });
  });

  it('is as docs/realms.md shows it: its examples load, and its table has the built-in roles', async () => {
    const page = await readFile(join(ROOT, 'docs/realms.md'), 'utf8');
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text ?? '') as object);
    expect(examples).toHaveLength(2);
    await expect(load(Object.assign({}, ...examples))).resolves.toMatchObject({ roles: [{ name: 'auditor' }, { name: 'operations' }] });
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (all|(?:`kms:[a-z:-]+` ?)+) \|$/gm)].map(([, role = '', scopes = '']) => {
      const named = scopes === 'all' ? [...FINE_SCOPES] : scopes.replaceAll('`', '').trim().split(' ');
      return [role, expandScopes(named)] as const;
    });
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(createRoles().names.map((name) => [name, createRoles().scopesOf([name])])));
  });
});

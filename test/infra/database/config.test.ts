import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '#infra/config/load-config.ts';
import { checkConfig } from '#infra/config/check-config.ts';
import { strictObject } from '#infra/config/schema.ts';
import { databaseConfigSchema } from '#infra/database/config.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const tls = { ca: 'ca.pem', cert: 'c.pem', key: 'c.key' };
const postgres = { kind: 'postgres', host: 'postgres', database: 'kms', user: 'kms', tls };
const check = (value: unknown) => checkConfig(databaseConfigSchema, value, 'database');

describe('the configuration of a database', () => {
  it('takes a folder of SQLite files or a PostgreSQL', () => {
    expect(check({ kind: 'sqlite', directory: 'data' })).toEqual({ kind: 'sqlite', directory: 'data' });
    expect(check(postgres)).toEqual(postgres);
  });

  it.each([
    ['an unknown kind', { kind: 'mysql', directory: 'data' }],
    ['PostgreSQL without TLS', { ...postgres, tls: undefined }],
    ['an sslmode', { ...postgres, sslmode: 'require' }],
    ['a password in the file', { ...postgres, password: 'secret' }],
    ['a connection string', { kind: 'postgres', url: 'postgres://kms:secret@postgres/kms' }],
    ['a port as text', { ...postgres, port: '5432' }],
    ['both kinds at once', { ...postgres, directory: 'data' }],
    ['a durability that there is not', { kind: 'sqlite', directory: 'data', durability: 'none' }],
    ['durability of PostgreSQL, which has its own settings for that', { ...postgres, durability: 'process' }],
  ])('refuses %s', (_what, value) => {
    expect(() => check(JSON.parse(JSON.stringify(value)))).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  });

  it('names the field that is wrong in the kind that was meant, and the kinds that there are', () => {
    const fieldsOf = (value: unknown): unknown => {
      try {
        return check(value);
      } catch (error) {
        return (error as { fields: unknown }).fields;
      }
    };
    expect(fieldsOf({ ...postgres, host: 1 })).toEqual([{ field: '/host', message: 'must be string' }]);
    expect(fieldsOf({ kind: 'mysql' })).toEqual([{ field: '/kind', message: 'must be one of sqlite, postgres' }]);
  });

  it('takes a folder as relative to the file that names it', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'kms.yml');
    await writeFile(file, 'database: { kind: sqlite, directory: ../data }\n');
    const config = await loadConfig({ schema: strictObject({ database: databaseConfigSchema }), files: [file], what: 'KMS' });
    expect(config.database).toEqual({ kind: 'sqlite', directory: join(folder.path, '..', 'data') });
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomUUIDv7 } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppError } from '#infra/apperr/app-error.ts';
import { loadConfig } from '#infra/config/load-config.ts';
import { checkConfig } from '#infra/config/check-config.ts';
import { filePath, strictObject } from '#infra/config/schema.ts';

const schema = strictObject({
  server: strictObject({
    host: Type.String({ default: '127.0.0.1' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535 }),
    cert: Type.Optional(filePath()),
  }),
  mode: Type.Optional(Type.Union([Type.Literal('fast'), Type.Literal('safe')])),
  workers: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 64 }), Type.Literal('auto')])),
  tenants: Type.Optional(Type.Union([Type.Enum(['*', 'others']), Type.Array(Type.String(), { minItems: 1 })])),
  names: Type.Optional(Type.Array(Type.String())),
  database: Type.Optional(
    Type.Union([
      strictObject({ kind: Type.Literal('sqlite'), directory: filePath() }),
      strictObject({ kind: Type.Literal('postgres'), host: Type.String() }),
    ]),
  ),
});

describe('loadConfig', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), `config-${randomUUIDv7()}-`));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const problem = async (...files: string[]): Promise<AppError> =>
    loadConfig({ schema, files, what: 'KMS configuration' }).then(
      () => expect.unreachable('the configuration was accepted'),
      (error: unknown) => error as AppError,
    );

  it('lays later files over earlier ones, maps deep, lists whole, and fills in defaults', async () => {
    const base = await file('base.yml', 'server:\n  port: 8081\nnames: [a, b]\n');
    const over = await file('over.yml', 'server:\n  port: 9\nnames: [c]\n');
    expect(await loadConfig({ schema, files: [base, over], what: 'test' })).toEqual({
      server: { host: '127.0.0.1', port: 9 },
      names: ['c'],
    });
  });

  it('puts a map of another kind in the place of the one below it, and lays one of the same kind over it', async () => {
    const base = await file('base.yml', 'server:\n  port: 1\ndatabase:\n  kind: sqlite\n  directory: data\n');
    const other = await file('other.yml', 'database:\n  kind: postgres\n  host: kms-postgres\n');
    const same = await file('same.yml', 'database:\n  kind: postgres\n  host: elsewhere\n');
    const kindless = await file('kindless.yml', 'database:\n  host: at-last\n');
    const database = async (...files: string[]) => (await loadConfig({ schema, files: [base, ...files], what: 'test' })).database;
    expect(await database(other)).toEqual({ kind: 'postgres', host: 'kms-postgres' });
    expect(await database(other, same, kindless)).toEqual({ kind: 'postgres', host: 'at-last' });
  });

  it('makes a relative path absolute against the file that states it, inside unions too', async () => {
    const base = await file('base.yml', 'server:\n  port: 1\n  cert: tls/kms.pem\ndatabase:\n  kind: sqlite\n  directory: ../data\n');
    const config = await loadConfig({ schema, files: [base], what: 'test' });
    expect(config.server.cert).toBe(join(folder, 'tls/kms.pem'));
    expect(config.database).toEqual({ kind: 'sqlite', directory: join(folder, '../data') });
  });

  it('refuses an unknown key, names the file that holds it and says what was meant', async () => {
    const base = await file('base.yml', 'server:\n  port: 1\n');
    const over = await file('over.yml', 'server:\n  prot: 2\n');
    expect((await problem(base, over)).fields).toEqual([
      { field: 'over.yml#/server/prot', line: 2, message: 'is not a known field', fix: 'Did you mean port?' },
    ]);
  });

  it('does not turn a string into a number', async () => {
    expect((await problem(await file('a.yml', 'server:\n  port: "8081"\n'))).fields[0]).toMatchObject({
      field: 'a.yml#/server/port',
      message: 'must be integer',
    });
  });

  it('refuses a key that stands twice, with its line', async () => {
    const error = await problem(await file('a.yml', 'server:\n  port: 1\n  port: 2\n'));
    expect(error.code).toBe('config-invalid');
    expect(error.fields[0]?.field).toMatch(/^a\.yml:3:/);
  });

  it('names the branch of a union that was meant, and the literals when none was', async () => {
    expect((await problem(await file('a.yml', 'server: { port: 1 }\ndatabase: { kind: postgres }\n'))).fields).toEqual([
      { field: 'a.yml#/database/host', line: 2, message: 'is missing', fix: 'Add it.' },
    ]);
    expect((await problem(await file('b.yml', 'server: { port: 1 }\nmode: slow\n'))).fields).toEqual([
      { field: 'b.yml#/mode', line: 2, message: 'must be one of fast, safe' },
    ]);
  });

  it.each(['two', '"3"', '1.5', 'null', 'Auto', '[2]', 'true'])(
    'tells the range of a union beside its constants: workers: %s',
    async (value) => {
      expect((await problem(await file('a.yml', `server: { port: 1 }\nworkers: ${value}\n`))).fields).toEqual([
        { field: 'a.yml#/workers', line: 2, message: 'must be a whole number from 1 to 64 or auto' },
      ]);
    },
  );

  it('tells the bound alone of a number that is out of the range, and every form of another union', async () => {
    const messages = async (line: string) =>
      (await problem(await file('a.yml', `server: { port: 1 }\n${line}\n`))).fields.map(({ message }) => message);
    expect(await messages('workers: 65')).toEqual(['must be <= 64']);
    expect(await messages('tenants: all')).toEqual(['must be * or others or a list']);
    expect(await messages('tenants: []')).toEqual(['must NOT have fewer than 1 items']);
  });

  it('reports every wrong field at once', async () => {
    const error = await problem(await file('a.yml', 'server: { port: -1 }\nnames: [1]\n'));
    expect(error.fields.map((issue) => issue.field)).toEqual(['a.yml#/server/port', 'a.yml#/names/0']);
  });

  it('says the line of each fault: of a key, an item, what stands around something that is missing, and what an alias leads to', async () => {
    const text = [
      '# a comment',
      'server:',
      '  host: a',
      'names:',
      '  - a',
      '  - &it 7',
      '  - *it',
      'mode: slow',
      'database: { kind: postgres }',
      'unknown:',
      '  - 1',
    ];
    const error = await problem(await file('a.yml', text.join('\n')));
    expect(Object.fromEntries(error.fields.map(({ field, line }) => [field, line]))).toEqual({
      'a.yml#/server/port': 2,
      'a.yml#/names/1': 6,
      'a.yml#/names/2': 7,
      'a.yml#/mode': 8,
      'a.yml#/database/host': 9,
      'a.yml#/unknown': 10,
    });
    expect(error.message).toContain('a.yml#/mode (line 8): must be one of fast, safe');
  });

  it('says the line in the file that stated it, and that of a contradiction as well', async () => {
    const base = await file('base.yml', 'server:\n  port: 1\nnames:\n  - a\n');
    const over = await file('over.yml', '\nnames:\n  - c\n  - c/d\n');
    const contradictions = () => [
      { field: '/names/1', message: 'is odd' },
      { field: '/server/port', message: 'is odd, too', fix: 'Even it.' },
    ];
    const error: unknown = await loadConfig({ schema, files: [base, over], what: 'test', contradictions }).catch(
      (thrown: unknown) => thrown,
    );
    expect((error as AppError).fields).toEqual([
      { field: 'over.yml#/names/1', line: 4, message: 'is odd' },
      { field: 'base.yml#/server/port', line: 2, message: 'is odd, too', fix: 'Even it.' },
    ]);
  });

  it('names a file that cannot be read, and one that is no map', async () => {
    expect((await problem(join(folder, 'absent.yml'))).code).toBe('config-unreadable');
    expect((await problem(await file('list.yml', '- 1\n'))).fields[0]?.message).toBe('must be a map of settings');
  });

  it('leaves the value that it checks as it was', () => {
    const value = { server: { port: 1 } };
    expect(checkConfig(schema, value, 'test').server.host).toBe('127.0.0.1');
    expect(value).toEqual({ server: { port: 1 } });
  });

  it('treats __proto__ as an unknown key and pollutes nothing', async () => {
    const error = await problem(await file('a.yml', 'server: { port: 1 }\n__proto__: { polluted: true }\n'));
    expect(error.code).toBe('config-invalid');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditExportSchema, auditHeadSchema, auditVerifySchema } from '#cli/documents/audit.ts';
import { main } from '#cli/main.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '../support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const headers = basic('demo-tenant-admin', 'demo-tenant-admin-password');

const validates = (schema: object, document: unknown): boolean =>
  new Ajv2020().compile(JSON.parse(JSON.stringify(schema)) as object)(document);

describe('Commands of an operator for the audit', () => {
  let house: KmsHouse;
  let kms: RunningKms;
  beforeAll(async () => {
    house = await kmsHouse();
    kms = await runKms(house);
    const [tls, operator] = [join(house.folder, 'tls'), join(house.folder, 'operator')];
    await mkdir(operator);
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

  const fileOf = (name: string): string => join(house.folder, name);
  const call = async (words: string) => {
    const asks = words.startsWith('verify') ? '' : ` --operator operator --url ${kms.adminUrl}`;
    const cli = fakeProcess({ cwd: house.folder, env: {} });
    await main(`audit ${words}${asks}`.split(' '), cli);
    const code = process.exitCode;
    process.exitCode = 0;
    return { code, ...cli.written };
  };
  const document = async (words: string, schema: object): Promise<unknown> => {
    const { out, err } = await call(`${words} --output json`);
    expect(err).toBe('');
    expect(validates(schema, JSON.parse(out))).toBe(true);
    return JSON.parse(out);
  };
  /** An export and a head from before it. */
  const exported = async (): Promise<void> => {
    await kms.send(KEYS, { headers });
    await writeFile(fileOf('head.json'), (await call('head --output json')).out);
    await call(`export ${fileOf('audit.jsonl')}`);
  };

  it('show the head, write everything into a file for this user alone, and find that it holds', async () => {
    await kms.send(KEYS, { headers });
    const head = await document('head', auditHeadSchema);
    await writeFile(fileOf('head.json'), JSON.stringify(head));
    expect((await call('head')).out).toMatch(/Head +record \d+ of chain [0-9a-f-]{36}\n.*Key +[\w-]{43}/);
    expect(await document(`export ${fileOf('audit.jsonl')}`, auditExportSchema)).toMatchObject({ file: fileOf('audit.jsonl') });
    expect((await stat(fileOf('audit.jsonl'))).mode & 0o777).toBe(0o600);
    const lines = (await readFile(fileOf('audit.jsonl'), 'utf8')).split('\n');
    expect(lines).toContain((head as { line: string }).line);
    expect(await document(`verify ${fileOf('audit.jsonl')} --head ${fileOf('head.json')}`, auditVerifySchema)).toMatchObject({
      exit_code: 0,
      holds: true,
      key_is_kept: true,
      faults: [],
      chains: [{ records: lines.filter((line) => /"kind":"(begin|act|refusals)"/.test(line)).length, end: 'open' }],
    });
    expect((await call(`verify ${fileOf('audit.jsonl')}`)).out).toMatch(/Holds +yes\n.*Key .*which the file itself names/);
    expect((await call(`verify ${fileOf('audit.jsonl')} --quiet`)).out).toBe('');
  });

  it('say with exit code 1 from where on an export does not hold, in every form of output', async () => {
    await exported();
    const lines = (await readFile(fileOf('audit.jsonl'), 'utf8')).split('\n');
    const at = lines.findIndex((line) => line.includes('"action":"elastic-key.list"'));
    await writeFile(fileOf('changed.jsonl'), lines.with(at, lines[at]?.replace('elastic-key.list', 'elastic-key.read') ?? '').join('\n'));
    const { code, out } = await call(`verify ${fileOf('changed.jsonl')}`);
    expect([code, out]).toEqual([1, expect.stringMatching(/Holds +no\n[\s\S]*Fault +line \d+, chain [0-9a-f-]{36}, record \d+: /)]);
    expect(await document(`verify ${fileOf('changed.jsonl')}`, auditVerifySchema)).toMatchObject({
      exit_code: 1,
      holds: false,
      faults: [{ line: at + 2 }],
    });
    expect((await call(`verify ${fileOf('changed.jsonl')} --quiet`)).out).toMatch(/^line \d+, chain/);
    expect((await call(`verify ${fileOf('changed.jsonl')} --output structured`)).out).toContain('does not hold');
  });

  it('read the name of a caller with a line separator of Unicode as a part of its line', async () => {
    const { demo = '' } = await kms.tenants();
    const token = await house.issuer.token(demo, { claims: { sub: 'one\u2028two' } });
    expect((await kms.send(KEYS, { headers: bearer(token) })).status).toBe(200);
    await exported();
    expect(await readFile(fileOf('audit.jsonl'), 'utf8')).toContain('one\u2028two');
    expect(await call(`verify ${fileOf('audit.jsonl')} --head ${fileOf('head.json')}`)).toMatchObject({ code: 0 });
  });

  it('find an export that was cut off, and one that does not reach a head that was kept', async () => {
    await exported();
    const whole = await readFile(fileOf('audit.jsonl'), 'utf8');
    await writeFile(fileOf('cut.jsonl'), whole.slice(0, -300));
    expect(await call(`verify ${fileOf('cut.jsonl')}`)).toMatchObject({ code: 1 });
    await kms.send(KEYS, { headers });
    await writeFile(fileOf('later.json'), (await call('head --output json')).out);
    const { code, out } = await call(`verify ${fileOf('audit.jsonl')} --head ${fileOf('later.json')}`);
    expect([code, out]).toEqual([1, expect.stringContaining('the head that was kept names record')]);
  });

  it('name what cannot be read or written, and how to mend it', async () => {
    await exported();
    expect(await call(`verify ${fileOf('absent')}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('Name a file that you may read'),
    });
    expect(await call(`verify ${fileOf('audit.jsonl')} --head ${fileOf('audit.jsonl')}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('is no head'),
    });
    expect(await call(`export ${fileOf('no/such/folder/file')}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot be written'),
    });
  });
});

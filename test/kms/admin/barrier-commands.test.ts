import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barrierRotateSchema, barrierSealSchema, barrierStatusSchema, barrierUnsealSchema } from '#cli/documents/barrier.ts';
import { main } from '#cli/main.ts';
import { type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

const validates = (schema: object, document: unknown): boolean =>
  new Ajv2020({ formats: { uuid: true, 'date-time': true } }).compile(JSON.parse(JSON.stringify(schema)) as object)(document);

describe('Commands of an operator for the barrier', () => {
  let house: KmsHouse;
  let kms: RunningKms;
  let operator: string;
  beforeAll(async () => {
    house = await kmsHouse();
    kms = await runKms(house, { demo: false });
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

  const call = async (words: string, input: { readonly stdin?: string; readonly tty?: boolean } = {}) => {
    const cli = fakeProcess({ cwd: house.folder, env: {}, ...input });
    await main(`barrier ${words} --operator ${operator} --url ${kms.adminUrl}`.split(' '), cli);
    const code = process.exitCode;
    process.exitCode = 0;
    return { code, ...cli.written };
  };
  const document = async (words: string, schema: object): Promise<unknown> => {
    const { code, out, err } = await call(`${words} --output json`);
    expect([code, err]).toEqual([0, '']);
    expect(validates(schema, JSON.parse(out))).toBe(true);
    return JSON.parse(out);
  };

  it('tell its seal, seal it, and unseal it with the shares of several people', async () => {
    expect(await document('status', barrierStatusSchema)).toMatchObject({ sealed: false, initialized: true });
    expect(await document('seal', barrierSealSchema)).toMatchObject({ sealed: true, given: 0 });
    expect(await document('unseal --share-file secrets/share-0', barrierUnsealSchema)).toMatchObject({ given: 1, threshold: 2 });
    expect((await call('status')).out).toMatch(/Seal +sealed\n.*Shares +1 of 2 given/);
    expect((await call('unseal --share-file secrets/share-1 --quiet')).out).toBe('unsealed\n');
    expect((await call('status')).out).toMatch(/Seal +unsealed\n/);
  });

  it('tell the keys above the tenants, and rotate them', async () => {
    const [before, rotated] = [await document('status', barrierStatusSchema), await document('rotate intermediate', barrierRotateSchema)];
    expect(before).toMatchObject({ keys: { intermediate: { version: 1 }, older_intermediates: 0 } });
    expect(rotated).toMatchObject({ level: 'intermediate', made: 1, intermediate: { version: 2 }, older_intermediates: 1 });
    expect((await call('status')).out).toMatch(
      /Root +version 1, .*\n.*Intermediate +version 2, .*, 1 older that are being retired\n.*Content +0 tenants/,
    );
    expect((await call('rotate content --quiet')).out).toBe('0\n');
    const wrong = await call('rotate root --tenant 0b8f9d5e-5d0c-4c3b-9a51-0d1c6a2f7e34');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--tenant goes with the level content alone')]);
    expect((await call('rotate content --tenant acme')).err).toContain('--tenant must');
  });

  it('take a share from stdin or from a terminal, which does not show it, and forget those that were given', async () => {
    const [first, second] = await Promise.all([0, 1].map((index) => readFile(join(house.folder, `secrets/share-${index}`), 'utf8')));
    await call('seal');
    expect((await call('unseal --share-file -', { stdin: `${first}\n` })).out).toContain('1 of 2 given');
    expect((await call('unseal --reset')).out).toContain('0 of 2 given');
    const asked = await call('unseal', { stdin: `${first}\r`, tty: true });
    expect(asked.err).toContain(`Unseal share of ${new URL(kms.adminUrl).host}: `);
    expect(asked.out + asked.err).not.toContain(first?.split('.')[5]);
    expect((await call('unseal', { stdin: `${second}\r`, tty: true })).out).toContain('unsealed');
  });

  it('say what is wrong with a share, and what was given before still counts', async () => {
    await call('seal');
    const doubled = await call('unseal --share-file secrets/share-0 secrets/share-0');
    expect([doubled.code, doubled.err]).toEqual([
      2,
      expect.stringMatching(/the same unseal share was given twice[^]*Give each share once/),
    ]);
    expect((await call('unseal --share-file secrets/client-secret')).err).toContain('the unseal share is damaged or is no unseal share');
    expect([(await call('unseal --share-file secrets/none')).code, (await call('unseal')).code]).toEqual([64, 64]);
    expect((await call('unseal --share-file secrets/share-1')).out).toContain('unsealed');
  });
});

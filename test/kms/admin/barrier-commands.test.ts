import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  barrierReshareSchema,
  barrierRotateSchema,
  barrierSealSchema,
  barrierStatusSchema,
  barrierUnsealSchema,
} from '#cli/documents/barrier.ts';
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
      /Root +version 1, .*\n.*Intermediate +version 2, .*, 1 older that are being retired\n.*Content +0 tenants\nWrapped anew +0 content keys and 0 secrets/,
    );
    expect((await call('rotate content --quiet')).out).toBe('0\n');
    await writeFile(join(house.folder, 'ann.password'), 'a password of eighteen letters', { mode: 0o600 });
    const create = `tenant create acme --administrator ann --password-file ann.password --operator ${operator} --url ${kms.adminUrl}`;
    await main(create.split(' '), fakeProcess({ cwd: house.folder, env: {} }));
    expect((await call('status')).out).toMatch(/^Content +1 tenant$/m);
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

  it('make new shares out of present ones, in files that nobody else reads, and the old ones end', async () => {
    expect((await call('reshare --out fresh')).err).toMatch(/--threshold is missing[^]*--shares is missing/);
    expect(await call('reshare --out fresh --threshold 4 --shares 3 --share-file secrets/share-0')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--threshold must be at most the number of shares') as string,
    });
    const first = await call('reshare --out fresh --threshold 2 --shares 3 --share-file secrets/share-0');
    expect([first.code, first.out]).toEqual([0, expect.stringMatching(/Shares +1 of 2 of the present ones given/)]);
    const made = (await document('reshare --out fresh --share-file secrets/share-1', barrierReshareSchema)) as { readonly files: string[] };
    expect(made).toMatchObject({ state: 'done', files: [1, 2, 3].map((n) => join(house.folder, 'fresh', `unseal-share-${n}`)) });
    for (const file of made.files) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(house.folder, 'fresh'))).mode & 0o777).toBe(0o700);

    await call('seal');
    const old = await call('unseal --share-file secrets/share-0 secrets/share-1');
    expect([old.code, old.err]).toEqual([2, expect.stringContaining('do not open this database')]);
    expect((await call('unseal --share-file fresh/unseal-share-3 fresh/unseal-share-1')).out).toContain('unsealed');
  });

  it('take no folder for new shares that has something in it, give back those whose confirmation was cut off, and cancel', async () => {
    const full = await call('reshare --out fresh --threshold 2 --shares 2');
    expect([full.code, full.err]).toEqual([64, expect.stringContaining('is not empty')]);
    const give = async (share = '') =>
      (await kms.sendAdmin('/admin/v1/barrier/resharing/shares', { method: 'POST', body: { share } })).json<{
        new_shares: readonly string[] | null;
      }>();
    const begun = async (): Promise<readonly string[]> => {
      await kms.sendAdmin('/admin/v1/barrier/resharing', { method: 'POST', body: { threshold: 2, shares: 2 } });
      const [one, two] = await Promise.all([1, 2].map((n) => readFile(join(house.folder, `fresh/unseal-share-${n}`), 'utf8')));
      await give(one);
      return (await give(two)).new_shares ?? [];
    };
    await begun();
    expect((await call('reshare --out fresh --cancel')).out).toContain('Cancelled');

    for (const [index, share] of (await begun()).entries()) await writeFile(join(house.folder, `next-${index}`), share, { mode: 0o600 });
    expect((await call('reshare --out fresh --share-file next-0')).out).toContain('1 of 2 of the new ones given back');
    expect((await call('reshare --out fresh --share-file next-1')).out).toContain('Only the new shares open the database');
    await call('seal');
    expect((await call('unseal --share-file next-0 next-1')).out).toContain('unsealed');
  });
});

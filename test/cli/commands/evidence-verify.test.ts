import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { evidenceVerifySchema } from '#cli/documents/evidence.ts';
import { main } from '#cli/main.ts';
import { FILES } from '#infra/evidence/bundle/manifest.ts';
import { layBundle, smallBundle, steeringBundle } from '#test/support/evidence.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const laid = async () => {
  const folder = await temporaryDirectory();
  await layBundle(folder.path, await smallBundle());
  return folder;
};

const verify = async (cwd: string, ...argv: readonly string[]) => {
  const cli = fakeProcess({ cwd });
  const before = process.exitCode;
  await main(['evidence', 'verify', ...argv], cli);
  const code = process.exitCode;
  process.exitCode = before;
  return { code, ...cli.written };
};

describe('passthru evidence verify', () => {
  it('says that a bundle holds, what that rests on, and ends with 0', async () => {
    await using folder = await laid();
    const open = await verify(folder.path, '.');
    expect([open.code, open.out]).toEqual([0, expect.stringContaining('anybody could have made it')]);
    const pinned = await verify(folder.path, '.', '--ca', join(folder.path, FILES.ca));
    expect([pinned.code, pinned.out]).toEqual([0, expect.stringContaining('the root is the one that you named')]);
  });

  it('says once why a folder cannot be read', async () => {
    await using folder = await temporaryDirectory();
    const { code, err } = await verify(folder.path, 'nosuch');
    expect([code, err.match(/ENOENT/g)]).toEqual([2, ['ENOENT']]);
    expect(err).toContain('nosuch cannot be read');
  });

  it('names each fault, and ends with 1; its document is what the schema says', async () => {
    await using folder = await laid();
    const file = join(folder.path, FILES.report);
    await writeFile(file, (await readFile(file, 'utf8')).replace('passed', 'failed'));
    const run = await verify(folder.path, '.', '--output', 'json');
    const document: unknown = JSON.parse(run.out);
    expect(run.code).toBe(1);
    expect(document).toMatchObject({
      holds: false,
      exit_code: 1,
      faults: expect.arrayContaining([{ where: FILES.report, what: 'is not what the manifest names: it was changed' }]),
    });
    const validate = new Ajv2020({ allErrors: true, validateFormats: false }).compile(evidenceVerifySchema);
    validate(document);
    expect(validate.errors).toBeNull();
  });

  it.each([{ flags: [] }, { flags: ['--quiet'] }])(
    'prints no text of a bundle that steers the terminal or makes a line: $flags',
    async ({ flags }) => {
      await using folder = await temporaryDirectory();
      await layBundle(folder.path, await steeringBundle());
      const { code, out } = await verify(folder.path, '.', ...flags);
      expect([code, out]).toEqual([1, expect.stringContaining('notes demo')]);
      expect(out).not.toMatch(/^Holds +yes/m);
      expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    },
  );

  it('ends with 2 where there is nothing to read, and with 64 where the root is named wrongly', async () => {
    await using folder = await laid();
    expect((await verify(folder.path, 'nowhere')).code).toBe(2);
    expect((await verify(folder.path, '.', '--ca', 'nowhere.pem')).code).toBe(2);
    expect((await verify(folder.path, '.', '--fingerprint', 'abc')).code).toBe(64);
    expect((await verify(folder.path, '.', '--ca', FILES.ca, '--fingerprint', 'a'.repeat(64))).code).toBe(64);
  });
});

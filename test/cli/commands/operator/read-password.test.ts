import { Readable } from 'node:stream';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPassword } from '#cli/commands/operator/read-password.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const FLAG = '--password-file';

/** A terminal at which these keys are pressed. */
const terminal = (...keys: readonly string[]) => {
  const modes: boolean[] = [];
  const cli = fakeProcess({ cwd: '/', tty: true });
  const input = Object.assign(Readable.from(keys), { isTTY: true, setRawMode: (isRaw: boolean) => modes.push(isRaw) });
  return { cli, modes, ask: () => readPassword({ file: undefined, flag: FLAG, of: 'ann', process: { ...cli, stdin: () => input } }) };
};

describe('A password', () => {
  it.each(['correct horse', 'correct horse\n', 'correct horse\r\n'])('is the one line of a file or of stdin: %j', async (text) => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'ann.password'), text);
    const read = (file: string) => readPassword({ file, flag: FLAG, of: 'ann', process: fakeProcess({ cwd: folder.path, stdin: text }) });
    expect([await read('ann.password'), await read('-')]).toEqual(['correct horse', 'correct horse']);
  });

  it.each([
    ['', 'is empty'],
    ['\n', 'is empty'],
    ['one\ntwo', 'more than one line'],
    ['x'.repeat(5_000), 'longer than'],
  ])('is not %j', async (text, why) => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'file'), text);
    for (const file of ['file', '-']) {
      const process = fakeProcess({ cwd: folder.path, stdin: text });
      await expect(readPassword({ file, flag: FLAG, of: 'ann', process })).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(why) as string,
      });
    }
  });

  it('is asked for on a terminal, twice, without being shown; a key takes the last letter back', async () => {
    const { cli, modes, ask } = terminal('correcx', '\u007F', 't horse\r', 'correct horse', '\r');
    expect(await ask()).toBe('correct horse');
    expect(cli.written).toEqual({ out: '', err: 'Password of ann: \nThe same again: \n' });
    expect(modes).toEqual([true, false]);
  });

  it.each([
    ['differ', ['one password\r', 'another password\r']],
    ['no password was typed', ['half a pass\u0003']],
    ['is empty', ['\r\r']],
  ])('that was not typed well is refused, and the terminal is as before: %s', async (why, keys) => {
    const { modes, ask } = terminal(...keys);
    await expect(ask()).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(why) as string });
    expect(modes).toEqual([true, false]);
  });

  it('is asked for by no prompt where nobody sits: the flag is named', async () => {
    const process = fakeProcess({ cwd: '/' });
    await expect(readPassword({ file: undefined, flag: FLAG, of: 'ann', process })).rejects.toMatchObject({
      code: 'usage',
      fix: expect.stringContaining(FLAG) as string,
    });
  });
});

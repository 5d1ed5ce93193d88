import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formatVariables } from '#cli/environment/formats.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const run = promisify(execFile);

const AWKWARD = {
  PLAIN: 'https://localhost:20000/service/api/v1',
  EMPTY: '',
  BLANKS: '  two  words ',
  QUOTES: `it's "quoted"`,
  SHELL: '$HOME `id` $(id) \\n #!*',
  LINES: 'one\ntwo\n\nEOF',
};

const names = Object.keys(AWKWARD);
const SHOW = `JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name]))`;

describe('Variables', () => {
  it.each(['sh', 'bash'])('come out of eval in %s as they are', async (shell) => {
    const script = `eval "$1"; exec "$2" -p '${SHOW}'`;
    const { stdout } = await run(shell, ['-c', script, shell, formatVariables(AWKWARD, 'shell'), process.execPath]);
    expect(JSON.parse(stdout)).toEqual(Object.values(AWKWARD));
  });

  it('come out of a dotenv file as they are, as Node reads it', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, '.env');
    const values = { ...AWKWARD, QUOTES: "it's" };
    await writeFile(file, formatVariables(values, 'dotenv'));
    const { stdout } = await run(process.execPath, [`--env-file=${file}`, '-p', SHOW], { env: {} });
    expect(JSON.parse(stdout)).toEqual(Object.values(values));
  });

  it('that no dotenv file can hold are refused by name', () => {
    expect(() => formatVariables(AWKWARD, 'dotenv')).toThrow(
      expect.objectContaining({ code: 'value-not-writable', message: expect.stringContaining('QUOTES') }),
    );
  });

  it('for GitHub stand between lines that no value holds', () => {
    expect(formatVariables({ LINES: AWKWARD.LINES, PLAIN: 'x' }, 'github', 'END')).toBe(
      `LINES<<END\none\ntwo\n\nEOF\nEND\nPLAIN<<END\nx\nEND\n`,
    );
    expect(formatVariables({ A: 'x' }, 'github')).not.toBe(formatVariables({ A: 'x' }, 'github'));
  });

  it('as JSON are one object', () => {
    expect(JSON.parse(formatVariables(AWKWARD, 'json'))).toEqual(AWKWARD);
  });
});

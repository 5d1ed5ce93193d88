import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const BIN = join(import.meta.dirname, '../../bin/passthru.js');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const node = (args: readonly string[]): Promise<Ended> =>
  promisify(execFile)(process.execPath, [...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  );

/** Makes the process believe that it is another version of Node, before anything else is loaded. */
const asNode = (version: string): string =>
  `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`;

describe('bin/passthru.js', () => {
  it.each(['12.22.12', '20.20.2', '23.11.1'])('on Node %s names that version and the fix, and exits 64', async (version) => {
    const { code, stdout, stderr } = await node(['--import', asNode(version), BIN, '--version']);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain(`needs Node 24 or newer; this is Node ${version}`);
    expect(stderr).toContain('npx passthru');
  });

  it('on Node 24 starts', async () => {
    expect(await node(['--import', asNode('24.0.0'), BIN, '--version'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('loads dist/cli/main.js where there is no src, as in the packed package', async () => {
    await using folder = await temporaryDirectory();
    await cp(BIN, join(folder.path, 'bin/passthru.js'));
    await writeFile(join(folder.path, 'package.json'), '{"type":"module"}');
    await mkdir(join(folder.path, 'dist/cli'), { recursive: true });
    await writeFile(join(folder.path, 'dist/cli/main.js'), 'export const main = async (argv) => console.log(JSON.stringify(argv));');
    expect(await node([join(folder.path, 'bin/passthru.js'), 'demo', 'all'])).toEqual({ code: 0, stdout: '["demo","all"]\n', stderr: '' });
  });
});

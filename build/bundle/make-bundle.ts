import { readdirSync } from 'node:fs';
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';
import { INSTALLED, sourcesOf, stateOf } from '../../bin/bundle.js';
import { packagesOf } from './bundled-packages.ts';
import { fewChunks } from './few-chunks.ts';
import { onlyWhatItHolds } from './only-what-it-holds.ts';
import { type Program, PROGRAMS } from './programs.ts';
import { httpWithoutFetch } from './http-without-fetch.ts';
import { readyChecks } from './ready-checks.ts';
import { withoutUnused } from './without-unused.ts';

/** `pg` asks for it, and does without. */
const NEVER_THERE = ['pg-native'];

/**
 * A process keeps the text of all that it has loaded, with two bytes a character as soon as one of them is not ASCII: so such characters are
 * escaped, and comments are left out. Names, lines and indentation stay.
 */
const PLAIN = {
  comments: false,
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } },
} as const;

/** The bundler leaves the text of tagged templates as it is, since their tags can tell. */
const checkAscii = (file: string, code: string): void => {
  const [line] = /^.*\P{ASCII}.*$/mu.exec(code) ?? [];
  if (line !== undefined) throw new Error(`${file} would be kept with two bytes a character; escape what is not ASCII in: ${line.trim()}`);
};

/** Warnings that say nothing of the result: a module imported both ways is in one file, and an `eval` of a package stays one. */
const EXPECTED: ReadonlySet<string | undefined> = new Set(['INEFFECTIVE_DYNAMIC_IMPORT', 'EVAL']);

/** @throws Error that names the file and the line, where a module cannot be found or read */
export const makeBundle = async (root: string): Promise<void> => {
  const began = Date.now();
  const folder = await mkdtemp(join(root, 'bundle-'));
  try {
    await Promise.all(
      Object.entries(PROGRAMS).map(async ([name, program]) => {
        const modules = await makeProgram(root, program, join(folder, name));
        await writeFile(join(folder, basename(sourcesOf(name))), `${JSON.stringify(statesOf(root, modules, began))}\n`);
      }),
    );
    await putInPlace(folder, join(root, 'bundle'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Two may make it at once, of the same sources: who comes second finds it there. What was there goes in one moment, since others read it. */
const putInPlace = async (folder: string, place: string): Promise<void> => {
  const before = `${folder}-before`;
  await rename(place, before).catch(unless('ENOENT'));
  await rename(folder, place).catch(unless('ENOTEMPTY', 'EEXIST'));
  await rm(before, { recursive: true, force: true });
};

const unless =
  (...expected: readonly string[]) =>
  (error: NodeJS.ErrnoException): void => {
    if (!expected.includes(error.code ?? '')) throw error;
  };

/**
 * Makes the folder of one program.
 *
 * @returns every file that was read, ours relative to the root
 */
export const makeProgram = async (root: string, program: Program, dir: string): Promise<readonly string[]> => {
  const { entries, holds, beside } = program;
  const chunks = fewChunks(root, program);
  const modules: string[] = [];
  await using build = await rolldown({
    cwd: root,
    input: entries,
    platform: 'node',
    external: NEVER_THERE,
    onLog: (level, log) => {
      if (level !== 'debug' && !EXPECTED.has(log.code)) throw new Error(log.message);
    },
    plugins: [
      onlyWhatItHolds(root, holds),
      withoutUnused(),
      readyChecks(root),
      httpWithoutFetch(),
      chunks.plugin,
      {
        name: 'modules',
        buildEnd() {
          modules.push(...this.getModuleIds());
        },
      },
    ],
  });
  const { output } = await build.write({ dir, format: 'esm', codeSplitting: chunks.splitting, ...PLAIN });
  for (const { fileName, ...file } of output) if ('code' in file) checkAscii(fileName, file.code);
  const { list, licences } = await packagesOf(modules);
  await writeFile(join(dir, 'packages.json'), list);
  await writeFile(join(dir, 'licences.txt'), licences);
  for (const [name, source] of Object.entries(beside)) await cp(join(root, source), join(dir, name), { recursive: true });
  return [...modules.map((id) => relative(root, id).split(sep).join('/')), ...Object.values(beside)];
};

/** Files that say how a bundle is made, beside what goes in. */
const RECIPE = ['build/bundle.ts', ...readdirSync(import.meta.dirname).map((name) => `build/bundle/${name}`)];

/**
 * Each file of ours that went in or says how, and npm's list of the packages, with its state; of one that changed meanwhile none that would
 * ever hold.
 */
const statesOf = (root: string, files: readonly string[], began: number): Readonly<Record<string, unknown>> => {
  const ours = new Set(files.filter((file) => /^(src|bin)\//.test(file)));
  const states = [...ours, ...RECIPE, INSTALLED].toSorted().map((file) => [file, stateOf(join(root, file))] as const);
  return Object.fromEntries(states.map(([file, state]) => [file, state === null || state[1] < began ? state : []]));
};

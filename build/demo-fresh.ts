/**
 * The demo as a newcomer meets it: `npm run demo:fresh`, then any flags of `passthru demo`.
 *
 * HEAD is cloned into an empty folder, and the commands of the README run there: `npm ci`, `npx passthru demo all` on Docker, and the
 * same from the tarball that `npm pack` makes of the clone. The clone has no dist/ and nothing else that git ignores.
 *
 * With CI=true our images and the whole build cache of the engine are removed first, so that every image is built from nothing.
 * Elsewhere both stay: they are the developer's, and `docker builder prune --all` would also slow the builds of other projects.
 *
 * test-results/demo-fresh.log   what the commands said; it also goes to the terminal
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const flags = process.argv.slice(2);
const results = join(process.cwd(), 'test-results');
await mkdir(results, { recursive: true });
const log = createWriteStream(join(results, 'demo-fresh.log'));

const say = (text: string): void => {
  process.stdout.write(text);
  log.write(text);
};

/** Variables that `npm run` and CI set; a registry in `npm_config_…` is the machine's own. */
const OF_NPM_AND_CI = /^(npm_(lifecycle|package|config_local_prefix|execpath|node_execpath)|INIT_CWD$|NODE$|CI$)/;

/**
 * The environment of a newcomer's shell: `npm run` puts the programs of this checkout before all others and tells npm of its folder,
 * and CI changes what the demo prints.
 */
const newcomer = (): NodeJS.ProcessEnv => {
  // oxlint-disable-next-line node/no-process-env -- a command inherits the environment, less what npm and CI put there
  const { PATH = '', ...env } = process.env;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !OF_NPM_AND_CI.test(name))),
    PATH: PATH.split(delimiter)
      .filter((folder) => !folder.includes('node_modules'))
      .join(delimiter),
  };
};

/**
 * Runs a command to its end, showing and keeping what it says.
 *
 * @returns what it said
 * @throws when it fails
 */
const run = async (cwd: string, program: string, ...args: readonly string[]): Promise<string> => {
  const began = performance.now();
  say(`\n$ ${[program, ...args].join(' ')}\n`);
  const child = spawn(program, args, { cwd, env: newcomer(), stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      say(text);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  say(`(${((performance.now() - began) / 1000).toFixed(1)} s)\n`);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code ?? 'a signal'}`);
  return said;
};

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

const ourImages = async (cwd: string): Promise<readonly string[]> =>
  lines(await run(cwd, 'docker', 'images', '--filter', 'reference=passthru-*', '--format', '{{.Repository}}:{{.Tag}}'));

/** Nothing of ours is on the engine afterwards that could hide a build that fails. */
const emptyEngine = async (cwd: string): Promise<void> => {
  say('\nCI=true: our images and the build cache of this engine are removed, so that every image is built from nothing.\n');
  const images = await ourImages(cwd);
  if (images.length > 0) await run(cwd, 'docker', 'rmi', '--force', ...images);
  await run(cwd, 'docker', 'builder', 'prune', '--all', '--force');
  const left = await ourImages(cwd);
  if (left.length > 0) throw new Error(`these images could not be removed: ${left.join(', ')}`);
};

/** The demo of the README, which must choose Docker by itself, and the command that takes everything down again. */
const demo = async (folder: string): Promise<void> => {
  try {
    const said = await run(folder, 'npx', 'passthru', 'demo', 'all', ...flags);
    if (!/^passthru demo all +engine docker/m.test(said)) throw new Error('the demo did not run on Docker');
  } finally {
    await run(folder, 'npx', 'passthru', 'down', '--volumes');
  }
};

const folder = await mkdtemp(join(tmpdir(), 'passthru-fresh-'));
const [clone, installed] = [join(folder, 'clone'), join(folder, 'installed')];
try {
  await run(folder, 'git', 'clone', '--quiet', ROOT, clone);
  // oxlint-disable-next-line node/no-process-env -- what may be removed depends on whose machine it is
  if (process.env['CI'] === 'true') await emptyEngine(folder);
  else say('\nOur images and the build cache of this engine stay as they are; only with CI=true are they removed first.\n');

  await run(clone, 'npm', 'ci');
  await demo(clone);
  const left = lines(await run(clone, 'git', 'status', '--porcelain'));
  if (left.length > 0) throw new Error(`the demo left files that git sees: ${left.join(', ')}`);

  await mkdir(installed);
  await writeFile(join(installed, 'package.json'), '{"private":true}');
  await run(clone, 'npm', 'pack', '--pack-destination', installed);
  const tarball = (await readdir(installed)).find((file) => file.endsWith('.tgz'));
  await run(installed, 'npm', 'install', `./${tarball}`);
  await demo(installed);
} finally {
  await rm(folder, { recursive: true, force: true });
  log.end();
}

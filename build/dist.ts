/**
 * Makes dist/ for the package: Node strips no types below node_modules, so what is published is JavaScript.
 * `#…` imports resolve against the nearest package.json, so dist/ has one of its own.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

const { imports, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  imports: Record<string, string>;
  version: string;
};

await rm(dist, { recursive: true, force: true });
const tsc = (project: string, ...flags: readonly string[]): void => {
  const command = [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, project), ...flags];
  execFileSync(process.execPath, command, { stdio: 'inherit' });
};
tsc('tsconfig.build.json');
// Files that a server reads beside its code, such as style sheets, go along.
await cp(join(root, 'src'), dist, { recursive: true, filter: (path) => !path.endsWith('.ts') });

const compiled = Object.entries(imports)
  .filter(([, target]) => target.startsWith('./src/'))
  .map(([name, target]) => [name.replace('*', '*.ts'), target.replace('./src/', './').replace('*', '*.js')]);
await writeFile(
  join(dist, 'package.json'),
  `${JSON.stringify({ type: 'module', version, imports: Object.fromEntries(compiled) }, null, 2)}\n`,
);

// `passthru/testing` runs in the process of a test runner: in the words of an older Node, with types, and once more as CommonJS.
const commonjs = join(dist, 'testing/commonjs');
tsc('tsconfig.testing.json');
tsc(
  'tsconfig.testing.json',
  '--noCheck',
  '--module',
  'commonjs',
  '--moduleResolution',
  'bundler',
  '--rootDir',
  join(root, 'src/testing'),
  '--outDir',
  commonjs,
);
await writeFile(join(commonjs, 'package.json'), `${JSON.stringify({ type: 'commonjs' }, null, 2)}\n`);
await writeFile(join(commonjs, 'program.js'), `exports.PROGRAM = require('node:path').join(__dirname, '../../../bin/passthru.js');\n`);

// npm packs no package-lock.json of its root. Images built from the package hold the versions that were tested with it.
await copyFile(join(root, 'package-lock.json'), join(dist, 'package-lock.json'));

#!/usr/bin/env node
// Plain JavaScript that old versions of Node parse: it must live long enough to say what is wrong with them.
import { existsSync } from 'fs';
import * as nodeModule from 'module';
import { homedir } from 'os';
import { join } from 'path';

const MINIMUM = 24;

const start = () => {
  // Compiled modules are kept between runs, so that the second start is the fast one; in the user's own cache folder,
  // because what lies in the shared temporary folder others could have put there. Where it cannot be written, there is none.
  if (nodeModule.enableCompileCache) {
    nodeModule.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'passthru', 'compiled'));
  }
  // The packed package has dist/ instead of src/, because Node refuses TypeScript below node_modules.
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const entry = existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
  return import(entry.href).then((cli) => cli.main(process.argv.slice(2)));
};

if (Number(process.versions.node.split('.')[0]) < MINIMUM) {
  process.stderr.write(
    'passthru needs Node ' +
      MINIMUM +
      ' or newer; this is Node ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\n' +
      'Fix: run `npx passthru` from the folder where it is installed (it brings its own Node), or install Node ' +
      MINIMUM +
      ' or newer.\n',
  );
  process.exitCode = 64;
} else {
  start().catch((error) => {
    process.stderr.write('passthru cannot start: ' + ((error && error.stack) || error) + '\n');
    process.exitCode = 2;
  });
}

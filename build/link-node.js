// Part of prepare.js.
// npm links the program of the one Node that fits the machine, and npm 10 then removes the link with those that do not fit.
import { existsSync, linkSync, mkdirSync, symlinkSync } from 'fs';
import { dirname, join, relative } from 'path';
import { fileURLToPath } from 'url';
import { ownNode } from '../bin/own-node.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.bin');
const isWindows = process.platform === 'win32';
const program = ownNode();
const there = ['node', 'node.cmd', 'node.exe'].some((name) => existsSync(join(folder, name)));
if (program !== null && !there) {
  mkdirSync(folder, { recursive: true });
  // A symbolic link takes rights on Windows; another name of the same file takes none.
  if (isWindows) linkSync(program, join(folder, 'node.exe'));
  else symlinkSync(relative(folder, program), join(folder, 'node'));
}

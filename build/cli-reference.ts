import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const COMMANDS = ['', 'demo', 'reset-demo', 'status', 'logs', 'down', 'prepare', 'health', 'serve kms', 'serve identity'];
const BIN = join(import.meta.dirname, '../bin/passthru.js');

/** The help of every command, as the program prints it, in one Markdown document. */
export const cliReference = (): string => {
  const sections = COMMANDS.map((command) => {
    const help = execFileSync(process.execPath, [BIN, ...command.split(' ').filter(Boolean), '--help'], { encoding: 'utf8', env: {} });
    return `## passthru ${command}`.trimEnd().concat('\n\n```\n', help.trimEnd(), '\n```\n');
  });
  return ['# Command line\n\nWritten by `npm run generate` from the help of the program; edit that.\n', ...sections].join('\n');
};

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

/** The answer of a test's `docker` program to one command. */
export interface Answer {
  /** The beginning of its arguments, joined by blanks. */
  readonly to: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
  /** It says all that and does not end. */
  readonly hangs?: boolean;
}

export interface FakeProgram extends AsyncDisposable {
  /** An environment in which it is the only `docker`. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Every call so far: its arguments, its environment, what it was given on standard input. */
  calls(): Promise<readonly { readonly args: string; readonly env: Record<string, string>; readonly input: string }[]>;
}

const PROGRAM = `
const { appendFileSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const args = process.argv.slice(2).join(' ');
const answers = JSON.parse(readFileSync(join(__dirname, 'answers.json'), 'utf8'));
const input = args.includes(' -f - ') ? readFileSync(0, 'utf8') : '';
appendFileSync(join(__dirname, 'calls.jsonl'), JSON.stringify({ args, env: process.env, input }) + '\\n');
const answer = answers.find(({ to }) => args.includes(to));
if (answer === undefined) {
  process.stderr.write('unknown command: ' + args + '\\n');
  process.exitCode = 125;
} else {
  process.stdout.write(answer.stdout ?? '');
  process.stderr.write(answer.stderr ?? '');
  process.exitCode = answer.code ?? 0;
  if (answer.hangs) setInterval(() => {}, 1000);
}
`;

/** A `docker` that answers as told; POSIX only. */
export const fakeProgram = async (...answers: readonly Answer[]): Promise<FakeProgram> => {
  const folder = await temporaryDirectory();
  const bin = join(folder.path, 'bin');
  await mkdir(bin);
  const program = join(bin, 'docker');
  await Promise.all([
    writeFile(program, `#!/usr/bin/env node\n${PROGRAM}`),
    writeFile(join(bin, 'package.json'), '{"type":"commonjs"}'),
    writeFile(join(bin, 'answers.json'), JSON.stringify(answers)),
  ]);
  await chmod(program, 0o755);
  return {
    folder: folder.path,
    env: { PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter), HOME: folder.path },
    calls: async () => {
      const text = await readFile(join(bin, 'calls.jsonl'), 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { args: string; env: Record<string, string>; input: string });
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
};

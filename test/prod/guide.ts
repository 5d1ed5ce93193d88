import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/engine.ts';

const run = promisify(execFile);

/** A build compiles everything once; nothing else takes long. Milliseconds. */
const LIMIT_MS = 600_000;

/** Lines that later commands of the guide rely on. */
const SETUP = /^(?:export |cd |[a-z_]+=|[a-z_]+\(\) )/;

/** The commands of a guide, run as they are printed. */
export interface Guide {
  /** Runs a block of commands below a heading, after the lines of all blocks before that set something. @returns what it wrote */
  run(heading: string, block?: number): Promise<string>;
  /** A YAML block below a heading. */
  yaml(heading: string): string;
}

/** One entry for each command, those that go on in the next line whole. */
const commandsOf = (block: string): readonly string[] => block.split(/(?<!\\)\n/);

/**
 * @param options.replaced texts that stand for something of a reader's own, and what they are here
 * @param options.env of every command
 */
export const guide = async (options: {
  readonly file: string;
  readonly replaced: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}): Promise<Guide> => {
  const text = await readFile(join(ROOT, 'docs', options.file), 'utf8');
  const setup: string[] = [];
  const blocks = (heading: string, language: string): readonly string[] => {
    const section = text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
    if (section === undefined) throw new TypeError(`the guide has no heading ${heading}`);
    return [...section.matchAll(/^```(\w*)\n([^`]*)^```$/gm)].filter(([, found]) => found === language).map(([, , block = '']) => block);
  };
  const here = (block: string): string =>
    Object.entries(options.replaced).reduce((changed, [printed, meant]) => changed.replaceAll(printed, meant), block);
  const find = (heading: string, language: string, number: number): string => {
    const block = blocks(heading, language)[number];
    if (block === undefined) throw new TypeError(`there is no block ${number} below ${heading}`);
    return here(block);
  };
  return {
    run: async (heading, number = 0) => {
      const block = find(heading, '', number);
      const script = ['set -euo pipefail', ...setup, block].join('\n');
      setup.push(...commandsOf(block).filter((command) => SETUP.test(command)));
      const env = { ...process.env, ...options.env };
      const { stdout, stderr } = await run('bash', ['-c', script], { cwd: ROOT, env, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 });
      return stdout + stderr;
    },
    yaml: (heading) => find(heading, 'yaml', 0),
  };
};

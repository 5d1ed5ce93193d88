import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parsePage } from '../support/docs/page.ts';
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
  /** The first lines of the blocks of commands that were not run, and do not say that no test can run them. @param except headings whose blocks another test runs */
  left(except: readonly string[]): readonly string[];
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
  const ran = new Set<string>();
  const sections = text.split(/^## /m).slice(1);
  const blocks = (heading: string, language: 'commands' | 'yaml'): readonly string[] => {
    const section = sections.find((each) => each.startsWith(`${heading}\n`));
    if (section === undefined) throw new TypeError(`the guide has no heading ${heading}`);
    const { fences } = parsePage(options.file, section);
    return fences.filter((fence) => fence.kind === language || fence.language === language).map((fence) => `${fence.text}\n`);
  };
  const here = (block: string): string =>
    Object.entries(options.replaced).reduce((changed, [printed, meant]) => changed.replaceAll(printed, meant), block);
  const find = (heading: string, language: 'commands' | 'yaml', number: number): string => {
    const block = blocks(heading, language)[number];
    if (block === undefined) throw new TypeError(`there is no block ${number} below ${heading}`);
    ran.add(block);
    return here(block);
  };
  return {
    run: async (heading, number = 0) => {
      const block = find(heading, 'commands', number);
      const script = ['set -euo pipefail', ...setup, block].join('\n');
      setup.push(...commandsOf(block).filter((command) => SETUP.test(command)));
      const env = { ...process.env, ...options.env };
      const { stdout, stderr } = await run('bash', ['-c', script], { cwd: ROOT, env, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 });
      return stdout + stderr;
    },
    yaml: (heading) => find(heading, 'yaml', 0),
    left: (except) =>
      sections
        .map((section) => section.split('\n', 1)[0] ?? '')
        .filter((heading) => !except.includes(heading))
        .flatMap((heading) => blocks(heading, 'commands').filter((block) => !ran.has(block)))
        .map((block) => block.split('\n', 1)[0] ?? ''),
  };
};

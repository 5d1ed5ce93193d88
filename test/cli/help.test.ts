import type { Command } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';
import { commandTree } from '#cli/main.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

afterEach(() => {
  process.exitCode = 0;
});

interface Helped {
  readonly path: string;
  readonly help: string;
}

/** The help of every command that does something by itself. */
const helps = (command: Command, above = ''): readonly Helped[] => {
  const path = command.parent === null ? '' : `${above} ${command.name()}`.trim();
  const below = command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== 'help');
  if (below.length > 0) return below.flatMap((each) => helps(each, path));
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return [{ path, help }];
};

/** The command lines of ours among the examples of a help, however the shell around them looks. */
const examplesIn = (help: string): readonly string[] => {
  const [, examples = ''] = /\nExamples?:\n([\s\S]*)$/.exec(help) ?? [];
  const lines = examples.replaceAll(/ \\\n\s+/g, ' ').split('\n');
  return lines.flatMap((line) => /(?:^ {2}|[("]|\$\()passthru (.*)$/.exec(line)?.[1]?.replace(/\)"?$|\)$/, '') ?? []);
};

/** As a shell splits it, without what is for the shell: redirections, pipes, remarks behind two blanks. */
const wordsIn = (example: string): readonly string[] => {
  const [line = ''] = example.split(/ {2,}| && | [|>] /);
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? '');
};

/** Has the program read a command line, with the work of every command taken out: what it does not understand is thrown. */
const parse = async (words: readonly string[]): Promise<string> => {
  const program = commandTree(fakeProcess({ cwd: '/' }));
  let called = '';
  const quiet = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => (called = pathOf(command)) as unknown as void);
    for (const below of command.commands) quiet(below);
  };
  quiet(program);
  await program.parseAsync([...words], { from: 'user' });
  return called;
};

const pathOf = (command: Command): string => (command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim());

const ALL = helps(commandTree(fakeProcess({ cwd: '/' })));

describe('The help of every command', () => {
  it.each(ALL)('has an example of it: passthru $path', ({ path, help }) => {
    expect(examplesIn(help).filter((example) => `${example} `.startsWith(`${path} `))).not.toEqual([]);
  });

  it.each(ALL)('has examples that the program reads as they stand: passthru $path', async ({ help }) => {
    for (const example of examplesIn(help)) {
      const words = wordsIn(example);
      const called = await parse(words);
      expect(called, example).not.toBe('');
      expect(words.join(' ').startsWith(called), example).toBe(true);
    }
  });

  it('would not accept an example that is wrong', async () => {
    await expect(parse(['demo', 'everything'])).rejects.toThrow('must be one of kms, identity, all');
    await expect(parse(['status', '--no-such-flag'])).rejects.toThrow('unknown option');
  });
});

describe('The help of the program', () => {
  it('has examples that it reads as they stand', async () => {
    const program = commandTree(fakeProcess({ cwd: '/' }));
    let help = '';
    program.configureOutput({ writeOut: (text) => (help += text) });
    program.outputHelp();
    const [, examples = ''] = /\nExamples:\n([\s\S]*?)\n\n/.exec(help) ?? [];
    const lines = examples.split('\n').map((line) => line.trim().replace(/^passthru /, ''));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(await parse(wordsIn(line)), line).not.toBe('');
  });
});

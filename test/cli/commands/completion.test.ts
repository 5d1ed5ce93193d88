import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commandTree, main } from '#cli/main.ts';
import { SHELLS, type Shell } from '#cli/shell/shells.ts';
import { withThoseBelow, wordsOf } from '#cli/command-line/words-of.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { hasShell } from '#test/support/shells.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const run = promisify(execFile);

afterEach(() => {
  process.exitCode = 0;
});

const printed = async (shell: Shell): Promise<string> => {
  const cli = fakeProcess({ cwd: '/' });
  await main(['completion', shell], cli);
  return cli.written.out;
};

/** Stand-ins for the helpers of the completion system of zsh, which needs a terminal: each prints what it was given. */
const ZSH_HELPERS = `
compdef() { :; }
compset() { :; }
compadd() { print -rl -- \${(P)2}; }
_describe() { local -a all; all=(\${(P)4}); print -rl -- \${all%%:*}; }
_command_names() { print commands; }
_files() { if [[ $1 == -/ ]]; then print -rl -- *(/N); else print -rl -- *(N); fi; }
`;

/** How each shell is asked what it would complete the last of some words to, in the folder that it is called in. */
const ASK: Readonly<Record<Shell, (script: string, words: readonly string[]) => readonly [string, ...string[]]>> = {
  bash: (script, words) => [
    'bash',
    '--norc',
    '-c',
    `source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _passthru; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    ...words,
  ],
  zsh: (script, words) => ['zsh', '-f', '-c', `${ZSH_HELPERS}\nsource ${script}; words=("$@"); CURRENT=$#; _passthru`, 'zsh', ...words],
  fish: (script, words) => ['fish', '--no-config', '-c', `source ${script}; complete -C "${words.join(' ')}"`],
};

describe.each(SHELLS)('Completion in %s', async (shell) => {
  const isHere = await hasShell(shell);
  let place: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeAll(async () => {
    place = await temporaryDirectory();
    await writeFile(join(place.path, `script.${shell}`), await printed(shell));
    await mkdir(join(place.path, 'folder'));
    await writeFile(join(place.path, 'folder.pem'), '');
    // It stands for the program where the script asks it something.
    await mkdir(join(place.path, 'bin'));
    await writeFile(join(place.path, 'bin/passthru'), '#!/bin/sh\n[ "$*" = "snapshot list --quiet" ] && printf "seeded\\nlater\\n"\n');
    await chmod(join(place.path, 'bin/passthru'), 0o755);
    return () => place[Symbol.asyncDispose]();
  });
  const completed = async (...words: readonly string[]): Promise<readonly string[]> => {
    const [program, ...args] = ASK[shell](join(place.path, `script.${shell}`), ['passthru', ...words]);
    const env = { PATH: `${join(place.path, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: place.path };
    const { stdout, stderr } = await run(program, args, { cwd: place.path, env });
    expect(stderr).toBe('');
    return stdout.split('\n').flatMap((line) => line.split('\t')[0]?.replace(/\/$/, '') || []);
  };

  it.runIf(isHere)('knows every command, also in a group, and no hidden one', async () => {
    const program = wordsOf(commandTree(fakeProcess({ cwd: '/' })));
    expect((await completed('')).toSorted()).toEqual(program.commands.map(({ name }) => name).toSorted());
    expect((await completed('serve', '')).toSorted()).toEqual(['identity', 'kms']);
    expect(await completed('realm', 'users', '')).toContain('import');
  });

  it.runIf(isHere)('knows the values of an argument and of a flag, and flags once the argument is there', async () => {
    expect((await completed('demo', '')).toSorted()).toEqual(['all', 'identity', 'kms']);
    expect((await completed('demo', 'all', '--engine', '')).toSorted()).toEqual(['auto', 'docker', 'embedded']);
    expect(await completed('demo', 'all', '--engine', 'docker', '--out')).toContain('--output');
    expect((await completed('completion', '')).toSorted()).toEqual([...SHELLS].toSorted());
  });

  it.runIf(isHere)('completes files where a file is wanted, and folders only where a folder is', async () => {
    expect(await completed('health', '--ca', '')).toEqual(expect.arrayContaining(['folder.pem']));
    const folders = await completed('status', '--state-dir', 'f');
    expect(folders).toContain('folder');
    expect(folders).not.toContain('folder.pem');
  });

  it.runIf(isHere)('asks the program for the names of snapshots', async () => {
    expect((await completed('snapshot', 'restore', '')).toSorted()).toEqual(['later', 'seeded']);
  });
});

describe('The words of the commands', () => {
  it('hold every command and flag of the help, with the kinds of their values', () => {
    const all = withThoseBelow(wordsOf(commandTree(fakeProcess({ cwd: '/' }))));
    const demo = all.find(({ path }) => path === 'demo');
    const valueOf = (name: string) => demo?.options.find(({ names }) => names.includes(name))?.value;
    expect(demo?.argument).toEqual({ kind: 'choices', choices: ['kms', 'identity', 'all'] });
    expect(valueOf('--quiet')).toBeNull();
    expect(valueOf('-q')).toBeNull();
    expect(valueOf('--state-dir')).toEqual({ kind: 'folder' });
    expect(valueOf('--retry')).toEqual({ kind: 'any' });
    expect(all.map(({ path }) => path)).not.toContain('serve telemetry');
    expect(new Set(all.map(({ path }) => path)).size).toBe(all.length);
  });
});

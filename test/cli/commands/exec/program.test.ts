import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Program, startProgram, whyNotStartable } from '#cli/commands/exec/program.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const program = (command: string, ...args: readonly string[]): Program => ({ command, args, cwd: '/', env: process.env });

const codeOf = async (script: string): Promise<number> => (await startProgram(program(process.execPath, '-e', script))).exitCode;

describe('A program', () => {
  it('ends with its code, or with 128 and the number of its signal', async () => {
    expect(await Promise.all([codeOf(''), codeOf('process.exit(9)'), codeOf('process.kill(process.pid, "SIGKILL")')])).toEqual([0, 9, 137]);
  });

  it('hears a signal that is sent to it', async () => {
    const { exitCode, send } = await startProgram(program('sleep', '60'));
    send('SIGTERM');
    expect(await exitCode).toBe(143);
    send('SIGTERM');
  });

  it('that is not there, or no program, is known before it is started', async () => {
    await using folder = await temporaryDirectory();
    const [tool, text, below] = ['tool', 'text', 'below'].map((name) => join(folder.path, name));
    await writeFile(tool ?? '', '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(text ?? '', 'a text', { mode: 0o644 });
    await mkdir(below ?? '');
    const env = { PATH: `${join(folder.path, 'nowhere')}:${folder.path}` };
    const why = (command: string) => whyNotStartable({ command, args: [], cwd: folder.path, env });
    expect(await Promise.all(['tool', './tool', tool ?? ''].map(why))).toEqual([null, null, null]);
    expect(await Promise.all(['text', './text', 'below'].map(why))).toEqual(['not-executable', 'not-executable', 'not-executable']);
    expect(await Promise.all(['none', './none', 'text/none'].map(why))).toEqual(['not-found', 'not-found', 'not-found']);
  });

  it('that cannot be started is the error of the system', async () => {
    await expect(startProgram(program('/no/such/program'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runCommand } from '#cli/context/run-command.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { fakeProcess, type FakeProcess } from '#test/support/fake-cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const remarks = { first: 'stopping', second: 'killing' };

const called = (cli: FakeProcess) => ({ command: 'test', argument: undefined, stated: {}, flags: {}, process: cli });

describe('A command', () => {
  it('keeps the process until it is done, though nothing else does', async () => {
    const script = `
      import { runCommand } from '#cli/context/run-command.ts';
      import { cliProcess } from '#cli/process/cli-process.ts';
      const work = () => new Promise((resolve) => setTimeout(() => resolve(7), 20).unref());
      console.log(await runCommand({ command: 'test', stated: {}, flags: {}, process: cliProcess(process) }, {}, work));
    `;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: join(import.meta.dirname, '../..') });
    expect(await run).toMatchObject({ stdout: '7\n' });
  });

  it('prints an error of its work with the causes below it, and answers exit code 2', async () => {
    await using folder = await temporaryDirectory();
    const cli = fakeProcess({ cwd: folder.path });
    const code = await runCommand(called(cli), remarks, async () => {
      throw new Error('the disk is full', { cause: Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }) });
    });
    expect(code).toBe(2);
    expect(cli.written.err).toBe('passthru test failed\n  unexpected  the disk is full\n    ↳ enospc  no space left on device\n');
  });

  it('that is interrupted says at once what happens, and answers 130 whatever its work throws then', async () => {
    await using folder = await temporaryDirectory();
    const cli = fakeProcess({ cwd: folder.path });
    const code = await runCommand(called(cli), remarks, async ({ interrupts }) => {
      cli.signals.emit('SIGTERM');
      interrupts.first.throwIfAborted();
      return 0;
    });
    expect([code, cli.written.err, cli.gaveUp()]).toEqual([130, '\nstopping\n', 0]);
  });

  it('prints the commands in its sentences as they work from where the reader is', async () => {
    await using folder = await temporaryDirectory();
    const cli = fakeProcess({ cwd: folder.path, env: { npm_lifecycle_event: 'npx' } });
    const stated = { stateDir: 'other place', engine: 'embedded', portKms: '18081', portIdentity: '8082' };
    await runCommand({ ...called(cli), stated }, remarks, async () => {
      const fix = 'Look at `passthru logs kms`, `passthru down --engine docker` or start again: `passthru demo all`.';
      throw new AppError('kms-down', 503, 'the KMS is down, as `passthru status` shows', { fix });
    });
    const text = cli.written.err.replaceAll(/\s+/g, ' ');
    expect(text).toContain("the KMS is down, as `npx passthru status --state-dir 'other place'` shows");
    // The state folder knows engine and ports of the stack that is there, not those of one that is to be made.
    expect(text).toContain("fix Look at `npx passthru logs kms --state-dir 'other place'`, ");
    expect(text).toContain("`npx passthru down --engine docker --state-dir 'other place'` or start again: ");
    expect(text).toContain("`npx passthru demo all --engine embedded --state-dir 'other place' --port-kms 18081`.");
  });
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { withSession } from '#cli/session.ts';
import { fakeSurroundings } from '#test/support/cli-surroundings.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const onInterrupt = { first: 'stopping', second: 'killing' };

describe('A session', () => {
  it('keeps the process until the command is done, though nothing else does', async () => {
    const script = `
      import { withSession } from '#cli/session.ts';
      import { surroundingsOf } from '#cli/surroundings.ts';
      const work = () => new Promise((resolve) => setTimeout(() => resolve(7), 20).unref());
      console.log(await withSession({ command: 'test', flags: {}, surroundings: surroundingsOf(process), onInterrupt: {} }, work));
    `;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: join(import.meta.dirname, '../..') });
    expect(await run).toMatchObject({ stdout: '7\n' });
  });

  it('tells what a command throws, nested, and answers exit code 2', async () => {
    await using folder = await temporaryDirectory();
    const surroundings = fakeSurroundings({ cwd: folder.path });
    const code = await withSession({ command: 'test', flags: {}, surroundings, onInterrupt }, async () => {
      throw new Error('the disk is full', { cause: Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }) });
    });
    expect(code).toBe(2);
    expect(surroundings.written.err).toBe('passthru test failed\n  unexpected  the disk is full\n    ↳ enospc  no space left on device\n');
  });

  it('interrupted answers 130 whatever the work throws then, and says at once what happens', async () => {
    await using folder = await temporaryDirectory();
    const surroundings = fakeSurroundings({ cwd: folder.path });
    const code = await withSession({ command: 'test', flags: {}, surroundings, onInterrupt }, async ({ interrupts }) => {
      surroundings.signals.emit('SIGTERM');
      interrupts.first.throwIfAborted();
      return 0;
    });
    expect([code, surroundings.written.err, surroundings.gaveUp()]).toEqual([130, '\nstopping\n', 0]);
  });
});

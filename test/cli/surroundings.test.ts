import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { surroundingsOf } from '#cli/surroundings.ts';

/** A process of which only the streams are real enough to fail. */
const program = ({ tty }: { tty: boolean }) => {
  const written: string[] = [];
  const stream = () => Object.assign(new EventEmitter(), { isTTY: tty, write: (line: string) => void written.push(line) });
  const fake = Object.assign(new EventEmitter(), {
    stdout: stream(),
    stderr: stream(),
    env: {},
    cwd: () => '/home/place',
    exitCode: 0 as number | undefined,
  });
  return { fake, written, surroundings: surroundingsOf(fake as unknown as NodeJS.Process) };
};

const failed = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });

describe('The streams of the process', () => {
  it.each(['EPIPE', 'EIO', 'ENXIO', 'ENOSPC'])('%s on stderr lets the work go on, as if somebody read it', (code) => {
    const { fake, surroundings } = program({ tty: true });
    fake.stderr.emit('error', failed(code));
    expect([surroundings.outClosed.aborted, fake.exitCode]).toEqual([false, 0]);
  });

  it.each(['EPIPE', 'EIO', 'ENXIO'])('%s on stdout of a terminal says that nobody reads it, which is no failure', (code) => {
    const { fake, written, surroundings } = program({ tty: true });
    fake.stdout.emit('error', failed(code));
    fake.emit('exit');
    expect([surroundings.outClosed.aborted, written, fake.exitCode]).toEqual([true, [], 0]);
  });

  it('a result that a full disk did not take is told, once, and is a failure', () => {
    const { fake, written, surroundings } = program({ tty: false });
    for (const _line of [1, 2]) fake.stdout.emit('error', failed('ENOSPC'));
    fake.emit('exit');
    expect([surroundings.outClosed.aborted, fake.exitCode]).toEqual([true, 2]);
    expect(written).toEqual(['! the result could not be written: write ENOSPC\n']);
  });

  it('a result that was not taken leaves an exit code that told of more', () => {
    const { fake } = program({ tty: false });
    fake.stdout.emit('error', failed('ENOSPC'));
    fake.exitCode = 130;
    fake.emit('exit');
    expect(fake.exitCode).toBe(130);
  });

  it.each(['stdout', 'stderr'] as const)('any other error of %s is a bug, and is thrown', (name) => {
    const { fake } = program({ tty: true });
    expect(() => fake[name].emit('error', failed('EINVAL'))).toThrow('EINVAL');
  });

  it('a command that is interrupted while stderr takes nothing any more still ends its work', async () => {
    const script = `
      import { once } from 'node:events';
      import { withSession } from '#cli/session.ts';
      import { surroundingsOf } from '#cli/surroundings.ts';
      const onInterrupt = { first: 'stopping', second: 'killing' };
      await withSession({ command: 'test', flags: {}, surroundings: surroundingsOf(process), onInterrupt }, async ({ interrupts }) => {
        process.kill(process.pid, 'SIGHUP');
        await once(interrupts.first, 'abort');
        await new Promise((resolve) => setTimeout(resolve, 20));
        console.log('torn down');
        return 0;
      });
    `;
    await using full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '../..'),
      stdio: ['ignore', 'pipe', full.fd],
    });
    const [out, [code]] = await Promise.all([text(child.stdout ?? Readable.from([])), once(child, 'exit')]);
    expect([out, code]).toEqual(['torn down\n', 0]);
  });
});

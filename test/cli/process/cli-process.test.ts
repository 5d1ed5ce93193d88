import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchInterrupts } from '#cli/process/interrupts.ts';
import { cliProcess } from '#cli/process/cli-process.ts';
import { waitHealthy } from '#demo/health/bring-up/wait.ts';
import { plan } from '#demo/plan.ts';
import { run } from '#demo/run.ts';
import { fakeEngine, statusOf } from '#test/support/demo-engine.ts';

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
  return { fake, written, cli: cliProcess(fake as unknown as NodeJS.Process) };
};

const failed = (code: string): Error => Object.assign(new Error(`write ${code}`), { code, syscall: 'write' });

describe('The streams of the process', () => {
  it.each(['EPIPE', 'ECONNRESET', 'EIO', 'ENXIO', 'ENOSPC', 'EDQUOT', 'EFBIG'])(
    '%s on stderr lets the work go on, as if somebody read it',
    (code) => {
      const { fake, cli } = program({ tty: true });
      fake.stderr.emit('error', failed(code));
      expect([cli.outClosed.aborted, fake.exitCode]).toEqual([false, 0]);
    },
  );

  it.each(['EPIPE', 'EIO', 'ENXIO'])('%s on stdout of a terminal says that nobody reads it, which is no failure', (code) => {
    const { fake, written, cli } = program({ tty: true });
    fake.stdout.emit('error', failed(code));
    fake.emit('exit');
    expect([cli.outClosed.aborted, written, fake.exitCode]).toEqual([true, [], 0]);
  });

  it('a result that a full disk did not take is told, once, and is a failure', () => {
    const { fake, written, cli } = program({ tty: false });
    for (const _line of [1, 2]) fake.stdout.emit('error', failed('ENOSPC'));
    fake.emit('exit');
    expect([cli.outClosed.aborted, fake.exitCode]).toEqual([true, 2]);
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
    expect(() => fake[name].emit('error', Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' }))).toThrow(
      'write after end',
    );
  });

  it('a command that is interrupted while stderr takes nothing any more still ends its work', async () => {
    const script = `
      import { once } from 'node:events';
      import { runCommand } from '#cli/context/run-command.ts';
      import { cliProcess } from '#cli/process/cli-process.ts';
      const remarks = { first: 'stopping', second: 'killing' };
      const called = { command: 'test', stated: {}, flags: {}, process: cliProcess(process) };
      await runCommand(called, remarks, async ({ interrupts }) => {
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

describe('The clock of the CLI', () => {
  const HOUR = 3_600_000;
  let elapsed = 0;
  let wall = 0;

  beforeEach(() => {
    elapsed = 1_000;
    wall = Math.floor(performance.timeOrigin) + elapsed;
    vi.spyOn(performance, 'now').mockImplementation(() => elapsed);
    vi.spyOn(Date, 'now').mockImplementation(() => wall);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Time goes by on both clocks. */
  const pass = (milliseconds: number): void => {
    elapsed += milliseconds;
    wall += milliseconds;
  };
  /** Somebody sets the clock of the machine back. */
  const setBack = (): void => void (wall -= HOUR);
  const clock = () => program({ tty: true }).cli.now;

  it('starts with that of the machine, in whole milliseconds, and goes on evenly when that is set back', () => {
    const now = clock();
    const start = now();
    expect(start).toBe(wall);
    setBack();
    pass(250);
    expect(now() - start).toBe(250);
  });

  it('lets a wait for health end after its time, though the clock of the machine is set back', async () => {
    let looks = 0;
    const waited = waitHealthy({
      service: 'kms',
      url: 'https://localhost/readyz',
      probe: async () => ({ state: 'not-ready', text: '/readyz answers 503', blockedBy: [], dependencies: [] }),
      status: async () => [statusOf('kms')],
      timeoutMs: 30_000,
      progress: setBack,
      now: clock(),
      sleep: async () => {
        pass(10_000);
        if ((looks += 1) > 10) throw new Error('it still waits');
      },
      signal: new AbortController().signal,
    });
    expect(await waited).toMatchObject({ ok: false, error: { code: 'health-timeout' } });
    expect(looks).toBe(3);
  });

  it('hears the second Ctrl-C, though the clock of the machine is set back after the first', () => {
    const source = new EventEmitter();
    using interrupts = watchInterrupts({ source, now: clock(), tell: () => undefined });
    source.emit('SIGINT');
    setBack();
    pass(200);
    source.emit('SIGINT');
    expect(interrupts.second.aborted).toBe(true);
  });

  it('makes no duration of a run negative when the clock of the machine is set back meanwhile', async () => {
    const makesCertificates = async () => {
      pass(40);
      setBack();
      return 'made';
    };
    const { steps, ...of } = plan({ command: 'all', profile: 'demo' });
    const only = { ...of, steps: steps.filter(({ id }) => id === 'bring-up.certificates') };
    const outcome = await run(only, {
      engine: fakeEngine(),
      emit: () => undefined,
      signal: new AbortController().signal,
      now: clock(),
      steps: only.steps.map((step) => ({ ...step, targets: [], run: makesCertificates })),
    });
    expect([outcome.durationMs, outcome.steps.map(({ durationMs }) => durationMs)]).toEqual([40, [40]]);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const telemetry = new URL('../../../src/infra/telemetry/sdk/start-telemetry.ts', import.meta.url).href;

/** Logs so many lines for each line on stdin, answers on stderr with the lines that got lost, and ends with its stdin. */
const SERVICE = `
  import { createInterface } from 'node:readline';
  import { startTelemetry } from '${telemetry}';
  const telemetry = await startTelemetry({ service: 'passthru-test', version: '1.2.3', log: 'stdout' });
  console.error('started');
  for await (const text of createInterface({ input: process.stdin })) {
    const { count, message, expected } = JSON.parse(text);
    for (let i = 0; i < count; i += 1) telemetry.log.info(message);
    // Whether a line was written is known once the system has answered.
    for (let i = 0; i < 100 && telemetry.dropped().log_lines < expected; i += 1) await new Promise((resolve) => setTimeout(resolve, 5));
    console.error(JSON.stringify(telemetry.dropped()));
  }
  await telemetry[Symbol.asyncDispose]();
  console.error('ended');
`;

interface Answer {
  readonly log_lines: number;
  readonly log_cause: string | null;
}

/** The service with this stdout, asked and answering line by line. */
const service = async (stdout: number | 'pipe', shell?: string) => {
  const node = [process.execPath, '--input-type=module', '--eval', SERVICE];
  const [program = '', ...args] = shell === undefined ? node : ['/bin/sh', '-c', `${shell}`, 'sh', ...node];
  const child: ChildProcess = spawn(program, args, { stdio: ['pipe', stdout, 'pipe'] });
  const said = lines(child.stderr);
  const exited = once(child, 'exit');
  expect((await said.next()).value).toBe('started');
  return {
    child,
    /** Logs lines, and answers once so many of all are lost, or after half a second. */
    log: async (count: number, expected: number, message: string = randomUUIDv7()): Promise<Answer> => {
      child.stdin?.write(`${JSON.stringify({ count, message, expected })}\n`);
      return JSON.parse(String((await said.next()).value)) as Answer;
    },
    end: async () => {
      child.stdin?.end();
      expect((await said.next()).value).toBe('ended');
      expect(await exited).toEqual([0, null]);
    },
  };
};

async function* lines(stream: Readable | null): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream ?? []) {
    const some = (rest + String(chunk)).split('\n');
    rest = some.pop() ?? '';
    yield* some;
  }
}

describe('A service whose stdout cannot be written goes on and counts its lines', () => {
  it('on a full disk (ENOSPC)', async () => {
    await using full = await open('/dev/full', 'w');
    const running = await service(full.fd);
    expect(await running.log(3, 3)).toMatchObject({ log_lines: 3, log_cause: 'ENOSPC (write)' });
    expect(await running.log(2, 5)).toMatchObject({ log_lines: 5 });
    await running.end();
  });

  it('into a file that may not grow any more (EFBIG), of which each line stays whole', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'log');
    await using log = await open(file, 'a');
    // In blocks of 512 bytes.
    const running = await service(log.fd, 'ulimit -f 2 && exec "$@"');
    const { log_lines: lost, log_cause: cause } = await running.log(20, 1);
    expect(cause).toBe('EFBIG (write)');
    await running.end();
    const whole = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    for (const line of whole) expect(JSON.parse(line)).toMatchObject({ body: expect.any(String) });
    expect(whole.length).toBeGreaterThan(0);
    expect(whole.length + lost).toBe(20);
  });

  it('into a pipe whose reader has gone (EPIPE)', async () => {
    const running = await service('pipe');
    running.child.stdout?.destroy();
    await once(running.child.stdout as Readable, 'close');
    const first = await running.log(1, 1);
    const second = await running.log(2, 3);
    expect([first.log_lines, second.log_lines]).toEqual([1, 3]);
    expect(first.log_cause).toBe('EPIPE (write)');
    await running.end();
  });

  it('that is closed', async () => {
    const running = await service('pipe', 'exec "$@" >&-');
    expect(await running.log(3, 0)).toMatchObject({ log_cause: null });
    await running.end();
  });

  it('into a pipe whose reader sleeps, of which it holds a bounded part', async () => {
    const running = await service('pipe');
    running.child.stdout?.pause();
    const message = 'x'.repeat(1_000);
    const { log_lines: lost } = await running.log(5_000, 1, message);
    // A mebibyte waits, and some of it is in the pipe.
    expect(lost).toBeGreaterThan(2_000);
    expect(lost).toBeLessThan(5_000);
    expect((await running.log(500, lost + 1, message)).log_lines).toBeGreaterThan(lost);
    running.child.kill('SIGKILL');
  });
});

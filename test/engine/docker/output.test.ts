import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { demultiplex } from '#engine/docker/output/demultiplex.ts';
import { readTar } from '#engine/docker/output/tar.ts';
import { frame } from '#test/engine/docker/support/docker-api.ts';
import { fakeStack, watching } from '#test/engine/docker/support/fake-stack.ts';

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => Array.fromAsync(items);

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A tar as POSIX has it. */
const tar = (files: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([
    ...Object.entries(files).flatMap(([name, text]) => {
      const body = Buffer.from(text);
      const isFolder = name.endsWith('/');
      const header = Buffer.alloc(512);
      header.write(name, 0);
      header.write('0000644\0', 100);
      header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
      header.write(isFolder ? '5' : '0', 156);
      header.write('ustar\u000000', 257);
      return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
    }),
    Buffer.alloc(1024),
  ]);

describe('the output of a container', () => {
  it('is lines, wherever the engine or the network cut them, and stdout and stderr never run into each other', async () => {
    const bytes = Buffer.concat([frame(1, 'one\ntw'), frame(2, 'warning: ü'), frame(1, 'o\n'), frame(2, 'ber\r\n'), frame(1, 'no end')]);
    for (const size of [1, 3, 8, 1000]) {
      expect(await all(demultiplex(inPieces(bytes, size)))).toEqual(['one', 'two', 'warning: über', 'no end']);
    }
  });

  it('goes on with the next start of a part while it is followed, and ends by the signal', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    fake.output.set('kms-1', frame(1, 'first life\n'));
    stack.have(stack.owned('kms', { startedAt: 1 }));
    const control = new AbortController();
    const lines: string[] = [];
    for await (const line of stack.engine().logs('kms', { follow: true, signal: control.signal })) {
      lines.push(line);
      if (line === 'second life') control.abort();
      fake.output.set('kms-1', frame(1, 'second life\n'));
      stack.have(stack.owned('kms', { startedAt: 2 }));
    }
    expect(lines).toEqual(['first life', 'second life']);
  });

  it('is followed over an engine that is away for a while, from where it broke off', async () => {
    await using stack = await fakeStack();
    const { fake } = stack;
    stack.have(stack.owned('kms', { startedAt: 1 }));
    const control = new AbortController();
    const asked: (number | undefined)[] = [];
    let looks = 0;
    const api: typeof fake.api = {
      ...fake.api,
      containers: (labels) => {
        looks += 1;
        // It is back at the third look.
        if (looks === 3) fake.gone = null;
        return fake.api.containers(labels);
      },
      logs: async (_id, { since }) => {
        asked.push(since);
        if (asked.length > 1) return inPieces(frame(1, 'back again\n'), 7);
        fake.gone = new Error('connect ENOENT /var/run/docker.sock');
        throw new Error('read ECONNRESET');
      },
    };
    const lines: string[] = [];
    const engine = stack.engine({ open: () => Promise.resolve(api), now: () => 4_711 });
    for await (const line of engine.logs('kms', { follow: true, signal: control.signal })) {
      lines.push(line);
      control.abort();
    }
    expect([lines, asked, looks]).toEqual([['back again'], [undefined, 4_711], 3]);
  });

  it('cannot be had from an engine that does not answer, and that is told', async () => {
    await using stack = await fakeStack();
    stack.fake.gone = new Error('connect ENOENT /var/run/docker.sock');
    await expect(all(stack.engine().logs('kms', {}))).rejects.toMatchObject({ code: 'docker-not-running' });
  });

  it('is nothing for a part that was never made', async () => {
    await using stack = await fakeStack();
    expect(await all(stack.engine().logs('kms', {}))).toEqual([]);
  });
});

describe('the records of the collector', () => {
  const traceId = randomUUIDv7().replaceAll('-', '');
  const record = (text: string) => JSON.stringify({ resourceSpans: [text] });

  it('are read out of its container, older files first, only of the kind that was asked for, half a line left out', async () => {
    await using stack = await fakeStack();
    stack.have(stack.owned('telemetry'));
    stack.fake.archives.set(
      'telemetry-1',
      tar({
        'otel/': '',
        'otel/logs.jsonl': `${record('log')}\n`,
        'otel/traces-2026-01-01T00-00-00.000.jsonl': `${record('old')}\n`,
        'otel/traces.jsonl': `${record(traceId)}\n${record('new')}\n{"resourceSp`,
      }),
    );
    const engine = stack.engine();
    expect(await all(engine.telemetryRecords('traces'))).toEqual([
      { resourceSpans: ['old'] },
      { resourceSpans: [traceId] },
      { resourceSpans: ['new'] },
    ]);
    expect(await all(engine.telemetryRecords('traces', { containing: traceId }))).toEqual([{ resourceSpans: [traceId] }]);
  });

  it('are none where there is no container, or where it has no such folder', async () => {
    await using stack = await fakeStack();
    expect(await all(stack.engine().telemetryRecords('logs'))).toEqual([]);
    stack.have(stack.owned('telemetry'));
    expect(await all(stack.engine().telemetryRecords('logs'))).toEqual([]);
  });

  it('are read from a tar that comes byte by byte, and a file that nobody reads is passed over', async () => {
    const names: string[] = [];
    for await (const { name, content } of readTar(inPieces(tar({ a: 'x'.repeat(700), b: 'bee', c: '' }), 1))) {
      names.push(name === 'b' ? `b=${Buffer.concat(await all(content)).toString()}` : name);
    }
    expect(names).toEqual(['a', 'b=bee', 'c']);
  });

  it('are read to the end of the answer, because an answer that is not read to its end keeps its connection', async () => {
    let ended = false;
    const answer = async function* () {
      yield* inPieces(tar({ a: 'text' }), 512);
      ended = true;
    };
    for await (const { name } of readTar(answer())) expect([name, ended]).toEqual(['a', false]);
    expect(ended).toBe(true);
  });
});

describe('the diagnosis of a part in trouble', () => {
  it('has its exit code, its signal, its memory, the last word of its health check and its last twenty lines', async () => {
    await using stack = await fakeStack();
    stack.fake.output.set('kms-1', frame(1, Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join('')));
    const lastProbe = 'localhost:8081 refuses connections';
    stack.have(stack.owned('kms', { status: 'exited', exitCode: 137, outOfMemory: true, lastProbe }));
    const found = await stack.engine().diagnose('kms');
    expect(found).toMatchObject({ exitCode: 137, signal: 'SIGKILL', outOfMemory: true, lastProbe });
    expect(found.logTail).toHaveLength(20);
    expect(found.logTail.at(-1)).toBe('line 29');
  });

  it.each([
    [137, 'SIGKILL'],
    [143, 'SIGTERM'],
    [130, 'SIGINT'],
    [1, null],
    [0, null],
  ])('names the signal behind an exit code above 128: %d', async (exitCode, signal) => {
    await using stack = await fakeStack();
    stack.have(stack.owned('kms', { status: 'exited', exitCode }));
    expect(await stack.engine().diagnose('kms')).toMatchObject({ exitCode, signal });
  });

  it('has the words of the engine that could not even start it', async () => {
    await using stack = await fakeStack();
    const error = 'driver failed programming external connectivity: port is already allocated';
    stack.have(stack.owned('kms', { status: 'created', exitCode: 128, error, startedAt: null }));
    expect(await stack.engine().diagnose('kms')).toMatchObject({ exitCode: 128, logTail: [`not started: ${error}`] });
  });

  it('has no exit code while the part runs, and says when it is paused', async () => {
    await using stack = await fakeStack();
    stack.have(stack.owned('kms'));
    expect(await stack.engine().diagnose('kms')).toMatchObject({ exitCode: null, signal: null });
    stack.have(stack.owned('kms', { status: 'paused' }));
    expect(await stack.engine().diagnose('kms')).toMatchObject({ lastProbe: 'the container is paused' });
  });

  it('says when the engine is gone, and nothing is asked of it then', async () => {
    await using stack = await fakeStack();
    stack.have(stack.owned('kms'));
    await using engine = stack.engine();
    using told = await watching(engine);
    stack.fake.gone = new Error('connect ECONNREFUSED');
    stack.fake.breakStreams(new Error('socket hang up'));
    await expect
      .poll(() => told.events.at(-1))
      .toEqual({ type: 'progress', text: 'the Docker engine does not answer: connect ECONNREFUSED' });
    expect((await engine.diagnose('kms')).logTail).toEqual(['the Docker engine does not answer: connect ECONNREFUSED']);
  });

  it('still has the exit code where the log cannot be read', async () => {
    await using stack = await fakeStack();
    stack.have(stack.owned('kms', { status: 'exited', exitCode: 3 }));
    const api = { ...stack.fake.api, logs: () => Promise.reject(new Error('configured logging driver does not support reading')) };
    const found = await stack.engine({ open: () => Promise.resolve(api) }).diagnose('kms');
    expect(found).toMatchObject({ exitCode: 3, logTail: [expect.stringContaining('does not support reading')] });
  });
});

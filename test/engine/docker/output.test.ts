import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { diagnose } from '#engine/docker/diagnose.ts';
import { demultiplex } from '#engine/docker/output/demultiplex.ts';
import { readLogs } from '#engine/docker/output/logs.ts';
import { readCollected } from '#engine/docker/output/records.ts';
import { readTar } from '#engine/docker/output/tar.ts';
import { container, fakeDocker, frame } from '#test/engine/docker/support/docker-api.ts';

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
    const fake = fakeDocker();
    fake.output.set('kms-1', frame(1, 'first life\n'));
    fake.containers.set('kms-1', container('kms', { startedAt: 1 }));
    const control = new AbortController();
    const lines: string[] = [];
    const look = () => Promise.resolve([...fake.containers.values()]);
    for await (const line of readLogs({ api: fake.api, part: 'kms', look, wanted: { follow: true, signal: control.signal } })) {
      lines.push(line);
      if (line === 'second life') control.abort();
      fake.output.set('kms-1', frame(1, 'second life\n'));
      fake.containers.set('kms-1', container('kms', { startedAt: 2 }));
    }
    expect(lines).toEqual(['first life', 'second life']);
  });

  it('is followed over an engine that is away for a while, from where it broke off', async () => {
    const fake = fakeDocker();
    fake.containers.set('kms-1', container('kms', { startedAt: 1 }));
    const control = new AbortController();
    const asked: (number | undefined)[] = [];
    const api: typeof fake.api = {
      ...fake.api,
      logs: async (_id, { since }) => {
        asked.push(since);
        if (asked.length > 1) return inPieces(frame(1, 'back again\n'), 7);
        fake.gone = new Error('connect ENOENT /var/run/docker.sock');
        throw new Error('read ECONNRESET');
      },
    };
    let looks = 0;
    const look = async () => {
      looks += 1;
      if (looks === 3) fake.gone = null;
      if (fake.gone !== null) throw fake.gone;
      return [...fake.containers.values()];
    };
    const lines: string[] = [];
    const wanted = { follow: true, signal: control.signal };
    for await (const line of readLogs({ api, part: 'kms', look, wanted, now: () => 4_711 })) {
      lines.push(line);
      control.abort();
    }
    expect([lines, asked, looks]).toEqual([['back again'], [undefined, 4_711], 3]);
    fake.gone = new Error('connect ENOENT /var/run/docker.sock');
    await expect(all(readLogs({ api: fake.api, part: 'kms', look: fake.api.containers as never, wanted: {} }))).rejects.toBe(fake.gone);
  });

  it('is nothing for a part that was never made', async () => {
    const fake = fakeDocker();
    expect(await all(readLogs({ api: fake.api, part: 'kms', look: () => Promise.resolve([]), wanted: {} }))).toEqual([]);
  });
});

describe('what the collector received', () => {
  const traceId = randomUUIDv7().replaceAll('-', '');
  const record = (text: string) => JSON.stringify({ resourceSpans: [text] });

  it('is read out of its container, older files first, only of the kind that was asked for, half a line left out', async () => {
    const fake = fakeDocker();
    fake.archives.set(
      'telemetry-1',
      tar({
        'otel/': '',
        'otel/logs.jsonl': `${record('log')}\n`,
        'otel/traces-2026-01-01T00-00-00.000.jsonl': `${record('old')}\n`,
        'otel/traces.jsonl': `${record(traceId)}\n${record('new')}\n{"resourceSp`,
      }),
    );
    const read = (containing?: string) =>
      all(
        readCollected({ api: fake.api, containerId: 'telemetry-1', kind: 'traces', ...(containing === undefined ? {} : { containing }) }),
      );
    expect(await read()).toEqual([{ resourceSpans: ['old'] }, { resourceSpans: [traceId] }, { resourceSpans: ['new'] }]);
    expect(await read(traceId)).toEqual([{ resourceSpans: [traceId] }]);
  });

  it('is nothing where the container has no such folder', async () => {
    expect(await all(readCollected({ api: fakeDocker().api, containerId: 'telemetry-1', kind: 'logs' }))).toEqual([]);
  });

  it('is read from a tar that comes byte by byte, and what nobody reads of it is passed over', async () => {
    const names: string[] = [];
    for await (const { name, content } of readTar(inPieces(tar({ a: 'x'.repeat(700), b: 'bee', c: '' }), 1))) {
      names.push(name === 'b' ? `b=${Buffer.concat(await all(content)).toString()}` : name);
    }
    expect(names).toEqual(['a', 'b=bee', 'c']);
  });

  it('is read to the end of the answer, because what is left of one keeps its connection', async () => {
    let ended = false;
    const answer = async function* () {
      yield* inPieces(tar({ a: 'text' }), 512);
      ended = true;
    };
    for await (const { name } of readTar(answer())) expect([name, ended]).toEqual(['a', false]);
    expect(ended).toBe(true);
  });
});

describe('why a part is in trouble', () => {
  const ask = (fake: ReturnType<typeof fakeDocker>, details: Parameters<typeof container>[1], lost: string | null = null) =>
    diagnose({ api: () => Promise.resolve(fake.api), part: 'kms', containers: [container('kms', details)], lost });

  it('is its exit code, its signal, its memory, the last word of its health check and its last twenty lines', async () => {
    const fake = fakeDocker();
    fake.output.set('kms-1', frame(1, Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join('')));
    const found = await ask(fake, { status: 'exited', exitCode: 137, outOfMemory: true, lastProbe: 'localhost:8081 refuses connections' });
    expect(found).toMatchObject({ exitCode: 137, signal: 'SIGKILL', outOfMemory: true, lastProbe: 'localhost:8081 refuses connections' });
    expect(found.logTail).toHaveLength(20);
    expect(found.logTail.at(-1)).toBe('line 29');
  });

  it('is what the engine said when it could not even start it', async () => {
    const error = 'driver failed programming external connectivity: port is already allocated';
    const found = await ask(fakeDocker(), { status: 'created', exitCode: 128, error, startedAt: null });
    expect(found).toMatchObject({ exitCode: 128, logTail: [`not started: ${error}`] });
  });

  it('has no exit code while it runs, and says so when it is paused', async () => {
    expect(await ask(fakeDocker(), {})).toMatchObject({ exitCode: null, signal: null });
    expect(await ask(fakeDocker(), { status: 'paused' })).toMatchObject({ lastProbe: 'the container is paused' });
  });

  it('is that the engine is gone, when it is, and nothing is asked of it then', async () => {
    const fake = fakeDocker();
    fake.gone = new Error('gone');
    expect((await ask(fake, {}, 'connect ECONNREFUSED')).logTail).toEqual(['the Docker engine does not answer: connect ECONNREFUSED']);
  });

  it('still names the exit code where the log cannot be read', async () => {
    const fake = fakeDocker();
    fake.gone = new Error('configured logging driver does not support reading');
    const found = await ask(fake, { status: 'exited', exitCode: 3 });
    expect(found).toMatchObject({ exitCode: 3, logTail: [expect.stringContaining('does not support reading')] });
  });
});

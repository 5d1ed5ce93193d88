import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eachLine } from '#infra/lines/each-line.ts';
import { isAlive } from '#test/support/is-alive.ts';
import { reservePorts } from '#test/support/ports.ts';

const PROGRAM = fileURLToPath(new URL('./small-server.ts', import.meta.url));

interface Who {
  readonly number: number;
  readonly count: number;
  readonly pid: number;
  readonly heard: readonly unknown[];
  readonly states: readonly { readonly number: number; readonly state: string; readonly pid: number | null; readonly replaced: number }[];
}

/** Supervisor and workers of a server that has nothing else. */
const smallServer = async (fails?: 'first' | 'later') => {
  const { kms: port } = await reservePorts();
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, String(port), '2', ...(fails === undefined ? [] : [fails])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) eachLine(stream, (line) => void log.push(line));
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const sockets: Socket[] = [];

  /** A connection, which stays with the worker that got it. */
  const open = async () => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
    return async <Answer>(command: string): Promise<Answer> => {
      socket.write(command);
      const { value, done } = await answers.next();
      if (done === true) throw new Error('the connection ended');
      return JSON.parse(value as string) as Answer;
    };
  };
  const listening = (): number => log.filter((line) => line.includes('listens')).length;
  return {
    log,
    child,
    ended,
    open,
    listening,
    /** Two connections, of which each worker has one, in the order of their numbers. */
    both: async () => {
      await expect.poll(listening).toBeGreaterThanOrEqual(2);
      const callers = [await open(), await open()] as const;
      const [one] = await Promise.all(callers.map((call) => call<Who>('who')));
      const [first, second] = one?.number === 1 ? callers : [callers[1], callers[0]];
      return { first, second };
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
      await ended;
    },
  };
};

describe('the workers of a server', () => {
  it('get connections in turn, tell and ask each other, and use a name up once among them', async () => {
    await using server = await smallServer();
    const { first, second } = await server.both();
    expect(await first<Who>('who')).toMatchObject({ number: 1, count: 2, heard: [null] });
    expect(await second<Who>('who')).toMatchObject({ number: 2, count: 2, heard: [null] });
    await first('tell hello');
    await expect.poll(async () => (await second<Who>('who')).heard).toEqual([null, 'hello']);
    expect(await first('ask open')).toEqual(['2 heard open']);
    expect((await Promise.all([first('spend proof'), second('spend proof')])).toSorted()).toEqual([false, true]);
    expect([await first('spend other'), await second('spend other'), await second('spend proof')]).toEqual([true, false, false]);
  });

  it('are replaced when they are killed, and the new one knows what was kept', async () => {
    await using server = await smallServer();
    const { first, second } = await server.both();
    await first('ask open');
    const { pid } = await second<Who>('who');
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(async () => (await first<Who>('who')).states)
      .toMatchObject([
        { state: 'up', replaced: 0 },
        { state: 'up', replaced: 1 },
      ]);
    const again = (await server.both()).second;
    expect(await again<Who>('who')).toMatchObject({ number: 2, heard: ['open'] });
    expect(server.log.find((line) => line.includes('SIGKILL'))).toContain(
      `worker 2 (process ${pid}) ended by SIGKILL; another one starts in 100 ms`,
    );
  });

  it('are ended and replaced where they do not do what all are to do', async () => {
    await using server = await smallServer();
    const { first, second } = await server.both();
    const { pid } = await second<Who>('who');
    expect(await first('ask refuse')).toEqual([]);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(server.log.join('\n')).toContain('worker 2 is ended: it did not follow (seal): it would not');
    await expect.poll(async () => (await first<Who>('who')).states[1]).toMatchObject({ state: 'up', replaced: 1 });
  });

  it('write whole lines to the log of all, also of texts that have ends of lines of Unicode', async () => {
    await using server = await smallServer();
    const { second } = await server.both();
    await second('say one\u2028{"forged":true}');
    await expect.poll(() => server.log.join('\n')).toContain('{"said":"one\u2028{\\"forged\\":true}"}');
  });

  it('stop when the server is told to, by a terminal too, which tells each of them', async () => {
    await using server = await smallServer();
    const { first, second } = await server.both();
    const pids = [(await first<Who>('who')).pid, (await second<Who>('who')).pid];
    for (const pid of [server.child.pid ?? 0, ...pids]) process.kill(pid, 'SIGINT');
    expect(await server.ended).toEqual([0, null]);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(server.log.filter((line) => line.includes('"said":"stopping on SIGINT"'))).toHaveLength(2);
  });

  it('end when the process that started them is killed', async () => {
    await using server = await smallServer();
    const { first, second } = await server.both();
    const pids = [(await first<Who>('who')).pid, (await second<Who>('who')).pid];
    server.child.kill('SIGKILL');
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });

  it('end the server with their own exit code where the first of all cannot start', async () => {
    await using server = await smallServer('first');
    expect(await server.ended).toEqual([3, null]);
  });

  it('are tried again after longer and longer waits where a later one cannot start, and the first one serves', async () => {
    await using server = await smallServer('later');
    const waits = () => server.log.flatMap((line) => /another one starts in (\d+) ms/.exec(line)?.[1] ?? []);
    await expect.poll(() => waits().slice(0, 2)).toEqual(['100', '200']);
    const call = await server.open();
    expect(await call<Who>('who')).toMatchObject({ number: 1 });
  });
});

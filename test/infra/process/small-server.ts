import { createServer, type Socket } from 'node:net';
import { takePlace } from '#infra/process/workers/take-place.ts';
import { stopOnSignals } from '#infra/process/stop.ts';

// Run as a program: `node small-server.ts <port> <workers> [first|later]`, a server with workers, of which the first, or each later one,
// cannot start. Each line that comes in is a command, whose answer is a line of JSON.
const [, , port, count, fails] = process.argv;

const place = await takePlace({
  service: 'small',
  load: async () => ({ server: { workers: Number(count), drain_seconds: 0 }, port: Number(port) }),
  spendFor: () => {
    const spent = new Set<unknown>();
    return (name) => {
      const isNew = !spent.has(name);
      spent.add(name);
      return isNew;
    };
  },
});

if (place !== null) {
  const { workers, config, isFirst, signals } = place;
  if (fails === 'first' || (fails === 'later' && !isFirst)) {
    place[Symbol.dispose]();
    process.exitCode = 3;
  } else {
    const heard: unknown[] = [workers.kept('seal')];
    workers.hear('seal', (words: string) => {
      if (words === 'refuse') throw new Error('it would not');
      heard.push(words);
      return `${workers.number} heard ${words}`;
    });
    const act = async (line: string): Promise<unknown> => {
      const [command, words = ''] = line.split(' ');
      switch (command) {
        case 'who':
          return { number: workers.number, count: workers.count, pid: process.pid, heard, states: workers.states() };
        case 'tell':
          return workers.tell('seal', words);
        case 'ask':
          return workers.ask('seal', words, { keep: words, orEnd: true });
        case 'say':
          return process.stdout.write(`${JSON.stringify({ said: words })}\n`);
        case 'spend':
          return workers.shared?.spend(words);
        default:
          throw new Error(`there is no command ${command}`);
      }
    };
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('data', (line) => void act(String(line)).then((answer) => socket.write(`${JSON.stringify(answer ?? null)}\n`)));
    });
    server.listen(config.port, '127.0.0.1', () => {
      place.up();
      process.stdout.write(`{"said":"${workers.number} listens"}\n`);
    });
    const log = { info: (body: string) => void process.stdout.write(`${JSON.stringify({ said: body })}\n`), error: () => {} };
    stopOnSignals({
      log,
      signals,
      stop: async () => {
        server.close();
        for (const socket of sockets) socket.destroy();
        place[Symbol.dispose]();
      },
    });
  }
}

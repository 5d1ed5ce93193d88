import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listenersOn } from '#engine/state/processes.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { listening, ROOT, testStack } from '#test/support/engine.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

/** Node says so on stderr, whether its debugger listens or cannot because another process has the port. */
const DEBUGGER = /inspector|Debugger/;
const DEBUGGER_PORT = 9229;
const TIMES = 5;

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(async () => pki[Symbol.asyncDispose]());

/** The telemetry server by the command of the package; `ask` resolves with the status of an answer. */
const startServer = async (options: readonly string[]) => {
  const file = join(pki.folder, `sink-${randomUUIDv7()}.json`);
  const directory = join(pki.folder, randomUUIDv7());
  await writeFile(file, JSON.stringify({ server: { port: 0, tls: pki.server }, directory }));
  const args = [...options, join(ROOT, 'bin/passthru.js'), 'serve', 'telemetry', '--config', file];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const log: { body: string; severity_text: string; attributes?: { port?: number } }[] = [];
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  if (child.stdout === null) throw new TypeError('stdout is a pipe');
  for await (const line of createInterface({ input: child.stdout })) {
    log.push(JSON.parse(line));
    if (log.at(-1)?.body === 'listening') break;
  }
  const url = `https://127.0.0.1:${log.at(-1)?.attributes?.port}/v1/logs`;
  const client = createHttpsClient({ ca: pki.ca, cert: pki.client.certPem, key: pki.client.keyPem, timeoutMs: 20_000 });
  const headers = { 'content-type': 'application/json' };
  return {
    log,
    errors,
    pid: child.pid ?? 0,
    ask: async () => (await client.request({ method: 'POST', url, headers, body: { resourceLogs: [] } })).status,
    stop: async () => {
      child.kill('SIGTERM');
      return closed;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await closed;
      await client[Symbol.asyncDispose]();
    },
  };
};

describe('SIGUSR1 at a running server', () => {
  it.each([
    ['with the option of Node', ['--disable-sigusr1']],
    ['by hand, without it, which gives it to itself', []],
  ])('opens no debugger, and the server goes on (started %s)', async (_, options) => {
    await using server = await startServer(options);
    for (let time = 0; time < TIMES; time += 1) {
      process.kill(server.pid, 'SIGUSR1');
      expect(await server.ask()).toBe(200);
    }
    expect(await listenersOn(DEBUGGER_PORT)).not.toContain(server.pid);
    expect(await server.stop()).toEqual([0, null]);
    expect(server.errors.join('')).not.toMatch(DEBUGGER);
    const warned = server.log.filter(({ body, severity_text: severity }) => severity === 'WARN' && body.includes('--disable-sigusr1'));
    expect(warned).toEqual([]);
  });

  it('opens none in what the embedded engine starts, whatever its program does', async () => {
    await using stack = await testStack();
    const engine = stack.engine();
    await engine.prepare(new AbortController().signal);
    await engine.up('telemetry', new AbortController().signal);
    await listening(engine, 'telemetry');
    const [status] = (await engine.status()).filter(({ service }) => service === 'telemetry');
    const pid = status?.pid ?? 0;
    for (let time = 0; time < TIMES; time += 1) {
      process.kill(pid, 'SIGUSR1');
      const socket = connect(stack.portKms + 2000, '127.0.0.1');
      await once(socket, 'close');
    }
    expect(await listenersOn(DEBUGGER_PORT)).not.toContain(pid);
    await engine.down({ volumes: false });
    const output = await readFile(join(stack.stateDir, 'logs', 'telemetry.out.log'), 'utf8');
    expect(output).toContain('SIGTERM');
    expect(output).not.toMatch(DEBUGGER);
  });
});

#!/usr/bin/env node
/**
 * A request by undici that waits for its connection does not hear its AbortSignal until the connection is there, or its own limit is over.
 *
 * Guess:   `signal` is the limit of the request as a whole: once it aborts, the promise rejects, wherever the request is.
 * Is:      while the one connection that the request needs is being made (TCP has answered, TLS has not), nothing looks at the signal. The
 *          promise rejects when the connection fails by `connectTimeout`, 10 s by default, however early the signal aborted.
 * Version: undici 8.12.4.
 * Source:  undici, docs/docs/api/Dispatcher.md, `signal`, without a word of connections; docs/docs/api/Client.md, `connectTimeout`.
 * Who:     services that ask an issuer, a key service or a health address within a limit: a peer that is frozen, or whose host drops
 *          packets, holds them three or ten times as long as they meant. What works: race the request with the signal, or set
 *          `connect: { timeout }` below the limit.
 *
 *   node findings/undici-abort-while-connecting.mjs
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LIMIT_MS = 300;
const CONNECT_MS = 3_000;

const folder = mkdtempSync(join(tmpdir(), 'undici-abort-'));
// It takes connections and says nothing, as a server does that is stopped.
const silent = createServer((socket) => socket.on('error', () => {}));
try {
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, 'undici@8.12.4'], { stdio: 'inherit' });
  const { Agent, request } = createRequire(join(folder, 'package.json'))('undici');
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const url = `https://127.0.0.1:${silent.address().port}/`;
  const dispatcher = new Agent({ connect: { timeout: CONNECT_MS } });
  console.log(`undici 8.12.4 (needs Node 22), Node ${process.version}; signal after ${LIMIT_MS} ms, connection within ${CONNECT_MS} ms`);

  const begun = performance.now();
  const error = await request(url, { dispatcher, signal: AbortSignal.timeout(LIMIT_MS) }).then(
    () => null,
    (thrown) => thrown,
  );
  const took = performance.now() - begun;
  console.log(`rejected after ${Math.round(took)} ms: ${error?.name} ${error?.code}`);
  await dispatcher.destroy();
  if (error === null || took < CONNECT_MS / 2) {
    console.error('changed: this finding does not hold any more');
    process.exitCode = 1;
  } else console.log('as found: the signal was heard only once the connection had failed');
} finally {
  silent.close();
  rmSync(folder, { recursive: true, force: true });
}

#!/usr/bin/env node
/**
 * A Fastify server that closes still promises keep-alive, then breaks the promise with an answer that no hook and no error handler sees.
 *
 * Guess:   after close() the answer to a request in flight says `Connection: close`, so that a client or a balancer takes another connection
 *          for its next request; and where a request comes all the same, its refusal passes the application's error handler and its
 *          onSend hooks, as every other answer does.
 * Is:      the answer in flight says `Connection: keep-alive`. The next request on that connection gets 503 with Fastify's own JSON body:
 *          neither setErrorHandler nor onRequest nor onSend is asked, so it is no Problem Details and has none of the security headers.
 *          With an idle connection forced closed (`forceCloseConnections: 'idle'`) it is the same, since this one was busy.
 * Version: fastify 5.12.8 on Node 20 and 26.
 * Source:  Fastify, docs/Reference/Server.md, `return503OnClosing` ("returns 503 after calling close"); RFC 9110 section 7.6.1 on Connection.
 * Who:     whoever restarts replicas behind a balancer that keeps connections alive: each planned stop refuses some requests, while a crash
 *          loses none that the balancer may send again.
 *
 *   node findings/fastify-close-keeps-alive.mjs
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'fastify-close-'));

/** Reads one answer of known length from a connection. */
const answerOn = async (socket) => {
  const [text] = await once(socket, 'data');
  return String(text);
};

try {
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, 'fastify@5.12.8'], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const { default: fastify } = load('fastify');
  console.log(`fastify ${load('fastify/package.json').version}, Node ${process.version}`);

  const app = fastify({ forceCloseConnections: 'idle' });
  const hooked = [];
  let arrived;
  let go;
  const isBusy = new Promise((resolve) => (arrived = resolve));
  const mayAnswer = new Promise((resolve) => (go = resolve));
  app.setErrorHandler((_error, _request, reply) => reply.code(500).type('application/problem+json').send('{}'));
  app.addHook('onRequest', async (request) => void hooked.push(request.url));
  app.addHook('onSend', async (_request, reply) => void reply.header('x-content-type-options', 'nosniff'));
  app.get('/in-flight', async () => {
    arrived();
    await mayAnswer;
    return {};
  });
  app.get('/next', async () => ({}));
  await app.listen({ port: 0, host: '127.0.0.1' });

  const socket = connect(app.server.address().port, '127.0.0.1');
  socket.write('GET /in-flight HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await isBusy;
  const closing = app.close();
  // A request that is in flight when close() is called, and one that comes once its answer is there.
  setImmediate(go);
  const first = await answerOn(socket);
  socket.write('GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const second = await answerOn(socket);
  await closing;
  socket.destroy();
  for (const [name, answer] of Object.entries({ 'in flight': first, next: second })) {
    console.log(`${name}:\n${answer.replaceAll(/^/gm, '  ').trimEnd()}`);
  }
  console.log(`asked by the hook: ${hooked.join(' ')}`);

  const isAsFound =
    /^HTTP\/1.1 200 /.test(first) &&
    /^connection: keep-alive\r$/im.test(first) &&
    /^HTTP\/1.1 503 /.test(second) &&
    !/problem|nosniff/i.test(second) &&
    hooked.join() === '/in-flight';
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

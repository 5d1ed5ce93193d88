import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { chmod, copyFile, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { probeDocker } from '#engine/docker/connection/probe.ts';
import { type Answer, fakeProgram } from '#test/engine/docker/support/fake-docker-program.ts';
import { makePki } from '#test/support/pki.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const RECENT: Answer = { to: 'compose version', stdout: '2.40.3-3\n' };

/** A program `docker` and an engine that answers a ping like this. */
const withEngine = async (answer: RequestListener, ...answers: readonly Answer[]) => {
  const program = await fakeProgram(...answers);
  const socket = join(program.folder, 'docker.sock');
  const engine = createServer(answer);
  engine.listen(socket);
  await once(engine, 'listening');
  return {
    env: { ...program.env, DOCKER_HOST: `unix://${socket}` },
    socket,
    [Symbol.asyncDispose]: async () => {
      engine.closeAllConnections();
      engine.close();
      await program[Symbol.asyncDispose]();
    },
  };
};

const well: RequestListener = (_, response) => response.writeHead(200, { ostype: 'linux' }).end('OK');

const failureOf = async (env: Readonly<Record<string, string>>) => {
  const found = await probeDocker({ env });
  if (found.ok) throw new Error('it was found to be well');
  return found.error;
};

describe('whether there is a Docker engine to run on', () => {
  it('is answered with the connection where program, Compose and engine are there', async () => {
    await using docker = await withEngine(well, RECENT);
    const found = await probeDocker({ env: docker.env });
    expect(found.ok && found.value.endpoint).toEqual({ kind: 'socket', path: docker.socket });
  });

  it('is answered without a look for Compose where no container is to be made', async () => {
    await using docker = await withEngine(well);
    expect(await failureOf(docker.env)).toMatchObject({ code: 'docker-compose-missing' });
    expect(await probeDocker({ env: docker.env, making: false })).toMatchObject({ ok: true });
  });

  it('is answered at once where Docker is absent', async () => {
    await using empty = await temporaryDirectory();
    const begun = performance.now();
    expect(await failureOf({ PATH: empty.path })).toMatchObject({ code: 'docker-cli-missing' });
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it('names a missing Compose and one that is too old, with the version that does', async () => {
    await using without = await withEngine(well, {
      to: 'compose version',
      stderr: `docker: 'compose' is not a docker command.\n`,
      code: 1,
    });
    expect(await failureOf(without.env)).toMatchObject({ code: 'docker-compose-missing', fix: expect.stringContaining('2.29') as string });
    await using old = await withEngine(well, { to: 'compose version', stdout: 'v2.28.1\n' });
    expect(await failureOf(old.env)).toMatchObject({
      code: 'docker-compose-too-old',
      message: 'Docker Compose v2.28.1 is older than 2.29',
    });
    await using newer = await withEngine(well, { to: 'compose version', stdout: '5.0.1\n' });
    expect((await probeDocker({ env: newer.env })).ok).toBe(true);
  });

  it('tells an engine that is not started from one that this user may not speak to', async () => {
    await using program = await fakeProgram(RECENT);
    expect(await failureOf({ ...program.env, DOCKER_HOST: `unix://${join(program.folder, 'none.sock')}` })).toMatchObject({
      code: 'docker-not-running',
      message: expect.stringMatching(/^no Docker engine answers \(DOCKER_HOST, unix:.*none\.sock\): /) as string,
      fix: expect.stringContaining('Start Docker') as string,
    });
    // Root may speak to every socket, whatever its mode says.
    if (process.getuid?.() === 0) return;
    await using closed = await withEngine(well, RECENT);
    await chmod(closed.socket, 0o000);
    expect(await failureOf(closed.env)).toMatchObject({ code: 'docker-permission-denied' });
  });

  it('gives up on an engine that hangs after two seconds, saying how long it waited and where', async () => {
    await using docker = await withEngine(() => undefined, RECENT);
    const begun = performance.now();
    const failure = await failureOf(docker.env);
    expect(failure).toMatchObject({ code: 'docker-no-answer', message: expect.stringContaining('within 2000 ms') as string });
    expect(failure.message).toContain(docker.socket);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('refuses an engine that is unwell, and one that runs Windows containers', async () => {
    await using unwell = await withEngine((_, response) => response.writeHead(503).end(), RECENT);
    expect(await failureOf(unwell.env)).toMatchObject({ code: 'docker-not-running', message: expect.stringContaining('503') as string });
    await using windows = await withEngine((_, response) => response.writeHead(200, { ostype: 'windows' }).end('OK'), RECENT);
    expect(await failureOf(windows.env)).toMatchObject({ code: 'docker-windows-containers' });
  });

  it('is no where the engine is of another authority, though the environment switches verification off', async () => {
    await using folder = await temporaryDirectory();
    await using pki = await makePki();
    await using stranger = await makePki();
    let asked = 0;
    const [cert, key] = await Promise.all([readFile(pki.server.cert), readFile(pki.server.key)]);
    const engine = createHttpsServer({ cert, key, minVersion: 'TLSv1.3' }, (_, response) => {
      asked += 1;
      response.end('OK');
    });
    engine.listen(0, '127.0.0.1');
    await once(engine, 'listening');
    const files = [
      [stranger.server.ca, 'ca.pem'],
      [stranger.client.cert, 'cert.pem'],
      [stranger.client.key, 'key.pem'],
    ] as const;
    await Promise.all(files.map(([from, to]) => copyFile(from, join(folder.path, to))));
    const address = `tcp://localhost:${(engine.address() as AddressInfo).port}`;
    vi.stubEnv(['NODE', 'TLS', 'REJECT', 'UNAUTHORIZED'].join('_'), '0');
    try {
      const env = { ...process.env, DOCKER_HOST: address, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder.path };
      expect(await probeDocker({ env })).toMatchObject({ ok: false, error: { code: 'docker-tls-failed' } });
      expect(asked).toBe(0);
    } finally {
      vi.unstubAllEnvs();
      engine.close();
    }
  });
});

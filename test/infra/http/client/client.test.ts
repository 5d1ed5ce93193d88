import { createServer as createHttpsServer, type Server } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { makeProgram } from '../../../../build/bundle/make-bundle.ts';
import { ROOT } from '#test/support/engine.ts';
import { makePki, type Pki } from '#test/support/pki.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

let pki: Pki;
let stranger: Pki;
let server: Server;
let base: string;

beforeAll(async () => {
  [pki, stranger] = await Promise.all([makePki(), makePki()]);
  const [cert, key] = await Promise.all([readFile(pki.server.cert), readFile(pki.server.key)]);
  server = createHttpsServer({ cert, key, minVersion: 'TLSv1.3' }, (request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: '/elsewhere', 'set-cookie': ['a=1', 'b=2'] }).end();
    else if (request.url === '/large') response.end('x'.repeat(5_000));
    else if (request.url === '/hang') response.writeHead(200).write('…');
    else if (request.url === '/text') response.end('no json');
    else
      request.pipe(
        response.writeHead(200, {
          'x-type': request.headers['content-type'] ?? 'none',
          'x-trace': request.headers['traceparent'] ?? 'none',
        }),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await Promise.all([pki[Symbol.asyncDispose](), stranger[Symbol.asyncDispose]()]);
});

type Create = typeof createHttpsClient;

/** The client with the parts of its packages that a bundle holds. */
const bundled = async (): Promise<Create> => {
  await using folder = await temporaryDirectory();
  const program = { entries: { main: 'src/infra/http/client/create-https-client.ts' }, holds: ['src/infra'], starts: {}, beside: {} };
  await makeProgram(ROOT, program, folder.path);
  const made = (await import(join(folder.path, 'main.js'))) as { readonly createHttpsClient: Create };
  return made.createHttpsClient;
};

describe.each([
  ['as it is', async (): Promise<Create> => createHttpsClient],
  ['of a bundle', bundled],
])('The HTTPS client %s', (_which, load) => {
  let create: Create;
  let client: HttpsClient;
  beforeAll(async () => {
    create = await load();
    client = create({ ca: pki.ca, maxBytes: 1_000, telemetry: { carrier: () => ({ traceparent: '00-1-2-01' }) } });
  });
  afterAll(() => client[Symbol.asyncDispose]());

  it('sends an object as JSON, a form as a form, and the trace with either', async () => {
    const json = await client.request({ method: 'POST', url: base, body: { a: 1 } });
    expect([json.headers['x-type'], json.json(), json.headers['x-trace']]).toEqual(['application/json', { a: 1 }, '00-1-2-01']);
    const form = await client.request({ method: 'POST', url: base, form: { a: 'b c' } });
    expect([form.headers['x-type'], form.text]).toEqual(['application/x-www-form-urlencoded', 'a=b+c']);
  });

  it('takes a redirect as an answer and keeps cookies apart', async () => {
    const answer = await client.request({ url: `${base}/redirect` });
    expect([answer.status, answer.headers['location'], answer.setCookies]).toEqual([302, '/elsewhere', ['a=1', 'b=2']]);
  });

  it('refuses an answer that is too large and one that is not JSON', async () => {
    await expect(client.request({ url: `${base}/large` })).rejects.toMatchObject({ code: 'response-too-large' });
    const text = await client.request({ url: `${base}/text` });
    expect(() => text.json()).toThrow(/not JSON/);
  });

  it('says what it waited for, where and how long', async () => {
    await expect(client.request({ url: `${base}/hang`, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'timed-out',
      message: expect.stringMatching(/^waited 50 ms for localhost:\d+\/hang to answer$/),
    });
  });

  it('waits no longer for a server that takes connections and says nothing, in the handshake', async () => {
    const silent = createServer((socket) => void silenced.push(socket));
    const silenced: Socket[] = [];
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `https://localhost:${(silent.address() as AddressInfo).port}/`;
    const begun = performance.now();
    await expect(client.request({ url, timeoutMs: 50 })).rejects.toMatchObject({ code: 'timed-out' });
    await expect(client.request({ url, signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - begun).toBeLessThan(5_000);
    for (const socket of silenced) socket.destroy();
    silent.close();
  });

  it('passes an abort of the caller on as it is', async () => {
    const reason = new Error('enough');
    await expect(client.request({ url: `${base}/hang`, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('refuses a server of another authority, another name, and plain http', async () => {
    await using foreign = create({ ca: stranger.ca });
    await expect(foreign.request({ url: base })).rejects.toMatchObject({ code: 'tls-failed' });
    await expect(client.request({ url: base.replace('localhost', '[::1]') })).rejects.toMatchObject({ name: 'AppError' });
    await expect(client.request({ url: 'http://localhost:1' })).rejects.toThrow(TypeError);
  });

  it('names a host that refuses connections', async () => {
    await expect(client.request({ url: 'https://localhost:1' })).rejects.toMatchObject({
      code: 'connection-refused',
      message: 'localhost:1 refuses connections',
    });
  });
});

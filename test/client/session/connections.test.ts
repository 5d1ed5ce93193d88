import { mkdir, rename } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connections, createConnections } from '#client/session/connections.ts';
import { readTls, serverTlsOptions } from '#infra/tls/options.ts';
import { listening } from '#test/support/listening.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
let connections: Connections;
let url: string;
const opened = new AsyncDisposableStack();

/** Answers with the cookie and the client certificate that it was shown, and sets a cookie. */
beforeAll(async () => {
  pki = opened.use(await makePki());
  const server = createServer(serverTlsOptions(await readTls(pki.server), 'request'), (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    const seen = { cookie: request.headers.cookie ?? null, certificate: subject?.CN ?? null };
    response.writeHead(200, { 'set-cookie': 'who=me; Path=/' }).end(JSON.stringify(seen));
  });
  url = `https://localhost:${opened.use(await listening(server)).port}/`;
  connections = opened.use(createConnections({ caFile: join(pki.folder, 'ca.pem') }));
});
afterAll(() => opened.disposeAsync());

describe('sessions over the same connections', () => {
  it('share no cookie: each begins as nobody', async () => {
    const [one, other] = [await connections.session(), await connections.session()];
    const cookieOf = async (session: typeof one) => (await session.get(url)).json<{ cookie: string | null }>().cookie;
    expect([await cookieOf(one), await cookieOf(one), await cookieOf(other)]).toEqual([null, 'who=me', null]);
  });

  it('show the client certificate that they were opened with, and none otherwise', async () => {
    const certificate = { certFile: pki.client.cert, keyFile: pki.client.key };
    const shown = async (session = connections.session()) =>
      (await (await session).get(url)).json<{ certificate: string | null }>().certificate;
    expect([await shown(), await shown(connections.session({ certificate })), await shown()]).toEqual([null, 'test-client', null]);
  });

  it('end their requests when their signal aborts', async () => {
    const session = await connections.session({ signal: AbortSignal.abort(new Error('enough')) });
    await expect(session.get(url)).rejects.toThrow('enough');
  });
});

describe('connections to a stack whose CA file is not there yet', () => {
  it('fail, and work once it is', async () => {
    const folder = join(pki.folder, 'later');
    const caFile = join(folder, 'ca.pem');
    await using early = createConnections({ caFile });
    await expect(early.session()).rejects.toMatchObject({ code: 'ENOENT' });
    await mkdir(folder);
    await rename(join(pki.folder, 'ca.pem'), caFile);
    await expect((await early.session()).get(url)).resolves.toMatchObject({ status: 200 });
  });
});

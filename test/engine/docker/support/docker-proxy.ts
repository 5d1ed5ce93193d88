import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A way to the real engine that a test can cut. */
export interface DockerProxy extends AsyncDisposable {
  /** Port of the TLS proxy. */
  readonly port: number;
  /** Acts as an engine that was stopped: every connection breaks, none is taken. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** The Unix socket of the engine that tests run on. */
const engineSocket = async (): Promise<string> => {
  const { stdout } = await run('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']);
  return stdout.trim().replace(/^unix:\/\//, '');
};

/** Listens on a Unix socket, or on a port with TLS, and hands everything on to the engine. */
export const dockerProxy = async (at: { readonly socket: string } | { readonly tls: TlsOptions }): Promise<DockerProxy> => {
  const target = await engineSocket();
  const sockets = new Set<Socket>();
  const handOn = (socket: Socket): void => {
    const engine = connect(target);
    for (const each of [socket, engine]) {
      sockets.add(each);
      // A side that is cut off resets its connection; each side of the test sees that for itself.
      each.on('error', () => each.destroy());
      each.on('close', () => (sockets.delete(each), socket.destroy(), engine.destroy()));
    }
    socket.pipe(engine).pipe(socket);
  };
  let server: Server | undefined;
  let port = 0;
  const mend = async (): Promise<void> => {
    server = 'tls' in at ? createTlsServer(at.tls, handOn) : createServer(handOn);
    // A client that is refused is no trouble of the server.
    server.on('tlsClientError', () => undefined);
    if ('tls' in at) server.listen(port, '127.0.0.1');
    else server.listen(at.socket);
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' ? ((address as AddressInfo | null)?.port ?? 0) : 0;
  };
  const cut = async (): Promise<void> => {
    const closed = server === undefined ? undefined : once(server, 'close');
    server?.close();
    server = undefined;
    for (const socket of sockets) socket.destroy();
    await closed;
    if ('socket' in at) await rm(at.socket, { force: true });
  };
  await mend();
  return { port, cut, mend, [Symbol.asyncDispose]: cut };
};

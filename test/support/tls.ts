import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type ConnectionOptions, type Server, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { refuseUnverifiedPeers } from '#infra/tls/peer.ts';
import { readTls, serverTlsOptions, type ClientCertificateMode } from '#infra/tls/options.ts';
import { prepareTls, type TlsStore, type TlsStoreOptions } from '#infra/tls/authority/store.ts';

const SERVER_NAMES = ['localhost', '127.0.0.1', '::1', 'kms.passthru.demo.local'] as const;

/** A store with one server leaf `server` and one client leaf `client`; the client's common name is new each time. */
export const testTls = async (
  directory: string,
  options: Partial<TlsStoreOptions> = {},
): Promise<TlsStore & { readonly clientName: string }> => {
  const clientName = `client-${randomUUIDv7()}`;
  const store = await prepareTls({
    directory,
    leaves: [
      { name: 'server', kind: 'server', commonName: 'server', names: SERVER_NAMES },
      { name: 'client', kind: 'client', commonName: clientName },
    ],
    ...options,
  });
  return { ...store, clientName };
};

/** A TLS server that answers every line with the same line. */
export const echoServer = async (options: {
  store: TlsStore;
  clientCertificate?: ClientCertificateMode;
  onConnection?: (socket: TLSSocket) => void;
}): Promise<AsyncDisposable & { readonly server: Server; readonly port: number }> => {
  const { clientCertificate = 'none', onConnection } = options;
  const server = createServer(serverTlsOptions(await readTls(options.store.leaf('server')), clientCertificate));
  const sockets = new Set<TLSSocket>();
  refuseUnverifiedPeers(server);
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    // A client that is refused resets the connection; its own side of the test asserts how.
    socket.on('error', () => socket.destroy());
    onConnection?.(socket);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

/** Connects and asks the server to echo; resolves with the open socket, rejects with the reason of the refusal. */
export const connectAndEcho = async (options: ConnectionOptions): Promise<TLSSocket> => {
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', ...options });
  await once(socket, 'secureConnect');
  await echo(socket);
  return socket;
};

/** Writes a line and waits until it comes back; with TLS 1.3 only this shows that the server took the client's certificate. */
export const echo = (socket: TLSSocket): Promise<void> => {
  const line = randomUUIDv7();
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed the connection')));
    socket.once('data', (data) => (data.toString() === line ? resolve() : reject(new Error('another line came back'))));
    socket.write(line);
  });
};

import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Milliseconds that requests in flight have to end when the server closes. */
const DRAIN_MS = 2_000;

/** The same for a TCP connection and for the TLS that runs over it; the two are different sockets. */
const peerKey = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/**
 * Lets `close()` wait for requests, and not for ever: a handshake that never ends, or half a request, would hold it up for half a
 * minute. Connections that have brought no request are cut at once, those with one when they had their time.
 */
export const drainOnClose = (app: Pick<FastifyInstance<Server>, 'server' | 'addHook'>): void => {
  const { server } = app;
  /** Connections that have brought no request yet. */
  const unused = new Map<string, Socket>();
  /** Read at the beginning: later a socket may not know its peer any more, or bear the address of a client behind a balancer. */
  const keys = new WeakMap<Socket, string>();

  for (const stage of ['connection', 'secureConnection'] as const) {
    server.prependListener(stage, (socket: Socket) => {
      const key = peerKey(socket);
      keys.set(socket, key);
      unused.set(key, socket);
      socket.once('close', () => {
        if (unused.get(key) === socket) unused.delete(key);
      });
    });
  }
  server.on('request', ({ socket }: IncomingMessage) => void unused.delete(keys.get(socket) ?? ''));

  let late: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    for (const socket of unused.values()) socket.destroy();
    late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  });
  app.addHook('onClose', async () => clearTimeout(late));
};

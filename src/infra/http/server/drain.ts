import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { IN_FLIGHT_MS } from '#infra/magic/limits.ts';
import type { Drain } from '../server.ts';

/** The same for a TCP connection and for the TLS that runs over it; the two are different sockets. */
const peerKey = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Connections that have brought no request yet. */
const unusedConnections = (server: Server): ReadonlyMap<string, Socket> => {
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
  return unused;
};

const makeLast = (response: ServerResponse): void => {
  if (!response.headersSent) response.setHeader('connection', 'close');
};

/**
 * Makes every answer whose head is not sent yet, and every later one, the last of its connection.
 *
 * "A server that sends a "close" connection option MUST initiate closure of the connection after it sends the final response": Node
 * does it, and the client knows where its next request must not go.
 *
 * @see RFC 9112 section 9.6
 */
const closeAfterAnswers = (server: Server): (() => void) => {
  const unanswered = new Set<ServerResponse>();
  let leaving = false;
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (leaving) return makeLast(response);
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
  });
  return () => {
    leaving = true;
    for (const response of unanswered) makeLast(response);
    unanswered.clear();
  };
};

/**
 * Lets a server leave without the loss of a request. When `drain` begins, each connection ends with its next answer, and the server
 * goes on serving. `close()` then ends connections that idle, and those that have brought no request; requests in flight have their
 * time, and not for ever: half a request would hold the server up for half a minute.
 *
 * A request that meets the end of its idle connection is lost to a client that may not send it again. A client that goes by the
 * `Keep-Alive` header meets none: it says no more seconds than the drain takes.
 */
export const drainOnClose = (app: Pick<FastifyInstance<Server>, 'server' | 'addHook'>, drain?: Drain): void => {
  const { server } = app;
  const unused = unusedConnections(server);
  const leave = closeAfterAnswers(server);
  if (drain !== undefined) drain.begun.addEventListener('abort', leave, { once: true });
  if (drain !== undefined && drain.seconds > 0) {
    const idleMs = server.keepAliveTimeout;
    server.keepAliveTimeout = Math.min(idleMs, drain.seconds * 1000);
    // An idle connection is kept as long as ever; only the promise is shorter.
    server.keepAliveTimeoutBuffer = idleMs - server.keepAliveTimeout;
  }

  let late: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    leave();
    for (const socket of unused.values()) socket.destroy();
    late = setTimeout(() => server.closeAllConnections(), IN_FLIGHT_MS);
  });
  app.addHook('onClose', async () => clearTimeout(late));
};

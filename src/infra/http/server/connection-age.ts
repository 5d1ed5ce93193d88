import type { Socket } from 'node:net';
import type { App } from '../server.ts';

/** Milliseconds. */
const MAX_AGE_MS = 3_600_000;

/**
 * Makes an answer the last of its connection once that is an hour old: who a client is was verified when the connection began, and a
 * client that never lets go of one would never be asked again.
 *
 * @param elapsed milliseconds of a clock that never goes back
 * @see RFC 9112 section 9.6
 */
export const endOldConnections = (app: App, elapsed: () => number): void => {
  const begun = new WeakMap<Socket, number>();
  app.server.on('secureConnection', (socket: Socket) => begun.set(socket, elapsed()));
  app.addHook('onRequest', async ({ raw }, reply) => {
    if (elapsed() - (begun.get(raw.socket) ?? elapsed()) >= MAX_AGE_MS) reply.header('connection', 'close');
  });
};

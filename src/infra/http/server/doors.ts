import { once } from 'node:events';
import type { Server } from 'node:https';
import { createServer, type Server as Door } from 'node:net';

/** Further addresses on which a server takes connections. */
export interface Doors {
  /** Opens them, all on one port. @throws the system's error; none is open then */
  open(port: number): Promise<void>;
  /** No new connection comes in; those that are there go on. Resolves when the last of them has ended: the server does not count them. */
  close(): Promise<void>;
}

/**
 * Doors of a server: a connection that comes in there is handed to it, so that its limits, hooks and certificates hold for all alike.
 *
 * @param options.exclusive whether no other worker of this server listens there, too
 * @see https://nodejs.org/api/http.html#event-connection
 */
export const createDoors = (
  server: Server,
  addresses: readonly string[],
  { exclusive = false }: { readonly exclusive?: boolean } = {},
): Doors => {
  const doors: Door[] = [];
  const ends: Promise<void>[] = [];
  const close = async (): Promise<void> => {
    for (const door of doors.splice(0)) ends.push(new Promise((resolve) => void door.close(() => resolve())));
    await Promise.all(ends);
  };
  return {
    open: async (port) => {
      try {
        for (const host of addresses) {
          const door = createServer({ noDelay: true }, (socket) => void server.emit('connection', socket));
          door.listen({ host, port, exclusive });
          await once(door, 'listening');
          doors.push(door);
        }
      } catch (error) {
        void close();
        throw error;
      }
    },
    close,
  };
};

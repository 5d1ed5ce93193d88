import { once } from 'node:events';
import type { Server } from 'node:https';
import type { Doors } from '#infra/http/server/doors.ts';

/** Milliseconds for the requests in flight at a stop. */
const DRAIN_MS = 2_000;

/** Takes no new connection, and resolves when the requests in flight are answered, whichever address they came in by, or out of time. */
export const drain = async (server: Server, doors: Doors): Promise<void> => {
  const closed = Promise.all([doors.close(), once(server, 'close')]);
  server.close();
  const giveUp = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(giveUp);
};

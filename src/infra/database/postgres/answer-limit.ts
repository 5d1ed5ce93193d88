import type { ClientBase } from 'pg';

/** How much longer an answer is waited for than the server works on it, in milliseconds. */
export const ANSWER_MARGIN_MS = 10_000;

/** Limits of connections that have one of their own. */
const allowed = new WeakMap<ClientBase, number>();

/** From now on an answer on this connection may take so many milliseconds: for who waits on purpose. */
export const allowAnswer = (client: ClientBase, ms: number): void => void allowed.set(client, ms);

/**
 * Ends the wait for a server that has vanished or hangs: it no longer enforces limits of its own.
 *
 * @param options.ms from a query to its answer
 * @param options.giveUp has to break the connection, and with it whatever waits for it
 */
export const limitAnswers = (client: ClientBase, options: { readonly ms: number; readonly giveUp: (waitedMs: number) => void }): void => {
  let timer: NodeJS.Timeout | undefined;
  const answered = (): void => clearTimeout(timer);
  const query = client.query.bind(client) as (...args: readonly unknown[]) => unknown;
  client.query = ((...args: readonly unknown[]) => {
    clearTimeout(timer);
    const ms = allowed.get(client) ?? options.ms;
    timer = setTimeout(() => options.giveUp(ms), ms).unref();
    return query(...args);
  }) as ClientBase['query'];
  client.on('drain', answered);
  client.once('end', answered);
};

import { setTimeout } from 'node:timers/promises';
import type { HttpsClient } from '#infra/http/client.ts';

export interface Knocks extends AsyncDisposable {
  /** Connections that were answered. */
  readonly answered: number;
  /** Every connection that broke, and every answer but 200. */
  readonly failures: readonly string[];
}

const PAUSE_MS = 100;

/**
 * Opens one connection after the other to `url`, as each client that is new does, until it is disposed of. Kept-alive connections do not
 * show where a balancer sends the next new one.
 */
export const startKnocks = (connect: () => HttpsClient, url: string): Knocks => {
  const stopped = new AbortController();
  const failures: string[] = [];
  let answered = 0;
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await using client = connect();
      try {
        const { status, text } = await client.request({ url });
        if (status === 200) answered += 1;
        else failures.push(`${url}: ${status} ${text}`);
      } catch (error) {
        failures.push(String(error));
      }
      await setTimeout(PAUSE_MS);
    }
  };
  const running = run();
  return {
    get answered() {
      return answered;
    },
    failures,
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      await running;
    },
  };
};

import { parentPort, workerData } from 'node:worker_threads';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';

/** Work for `callers`: what every request has, and how the connections are made. */
export interface CallerData {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly tls: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

/** Requests that are under way at once. */
const AT_ONCE = 16;

// A thread that sends so many requests as it is told, and says when all are answered: its own processor time is not the server's.
const { url, headers, body, tls } = workerData as CallerData;
const client = createHttpsClient(tls);
parentPort?.on('message', async (count: number) => {
  let left = count;
  const send = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { status, text } = await client.request({ method: 'POST', url, headers, body });
      if (status !== 200) throw new Error(`answered ${status}: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  // Of a thread, which has no origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage('done');
});

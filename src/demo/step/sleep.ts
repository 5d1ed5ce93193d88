import { setTimeout as delay } from 'node:timers/promises';

/** Waits that many milliseconds; rejects when the signal aborts. */
export const sleep = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
  await delay(milliseconds, undefined, { signal });
};

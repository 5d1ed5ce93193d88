import { setTimeout as delay } from 'node:timers/promises';

/** Waits; rejects when the signal aborts. */
export const pause = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
  await delay(milliseconds, undefined, { signal });
};

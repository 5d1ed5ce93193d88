import { setTimeout as pause } from 'node:timers/promises';
import type { StackStatus } from '#demo/health/status.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** Between two looks, milliseconds. */
const LOOK_MS = 1_000;

export interface WatchOptions {
  readonly look: () => Promise<StackStatus>;
  /** Ends with the first look that finds all ready. */
  readonly untilReady: boolean;
  /** Ends after so many milliseconds at the latest. */
  readonly waitMs: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Hears why a look found nothing. */
  readonly remark: (text: string) => void;
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * What a look finds, one after the other. An engine that does not answer for a while is asked again; only the first look fails
 * as it does, unless readiness is waited for, because then the engine may be on its way, too.
 */
export async function* watchStatus(options: WatchOptions): AsyncGenerator<StackStatus> {
  const { look, untilReady, waitMs, now, signal, remark } = options;
  const sleep = options.sleep ?? ((ms, ends) => pause(ms, undefined, { signal: ends }));
  const begun = now();
  const isLate = (): boolean => now() - begun >= waitMs;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const found = await look().catch((thrown: unknown) => {
      if (signal.aborted) return null;
      if (!(thrown instanceof AppError) || (isFirst && !untilReady) || isLate()) throw thrown;
      remark(`! ${thrown.message}`);
      return null;
    });
    // A look that was cut short tells of services that did not get to answer.
    if (signal.aborted) return;
    if (found !== null) yield found;
    if ((untilReady && found?.ready === true) || isLate()) return;
    await sleep(Math.min(LOOK_MS, Math.max(0, begun + waitMs - now())), signal).catch(() => undefined);
  }
}

import type { Attributes } from '#infra/telemetry/telemetry.ts';

/** A request that was not let in. */
export interface Refusal {
  readonly address: string;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly attributes: Attributes;
}

/** Milliseconds after which what was not told one by one is told as a sum. */
export const REFUSALS_SUMMED_MS = 60_000;
/** Refusals of one network and kind that have a line of their own in such a period. */
export const REFUSALS_TOLD = 5;

/** Where refusals are told; `server/refusal-log.ts` sums them up by network. */
export interface RefusalLog extends Disposable {
  refused(refusal: Refusal): void;
}

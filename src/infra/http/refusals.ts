import type { Attributes } from '#infra/telemetry/telemetry.ts';

/** A request that was not let in. */
export interface Refusal {
  readonly address: string;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly attributes: Attributes;
}

/** Where refusals are told; `server/refusal-log.ts` sums them up by network. */
export interface RefusalLog extends Disposable {
  refused(refusal: Refusal): void;
}

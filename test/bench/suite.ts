import type { BenchOptions } from 'tinybench';

export interface Measurement {
  readonly median_ms: number;
  readonly p99_ms: number;
  readonly samples: number;
}

/** Sets something up and names what to time in it; disposing cleans up. */
export type Suite = () => Promise<
  AsyncDisposable & { readonly tasks: Readonly<Record<string, () => Promise<unknown>>>; readonly options?: BenchOptions }
>;

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

/** Two ways to the same end, measured side by side in one run; milliseconds. */
export interface Compared {
  readonly ours: string;
  readonly theirs: string;
  /** Ours should take at most so much of theirs. */
  readonly aim: number;
  readonly pairs: readonly (readonly [ours: number, theirs: number])[];
}

/** One of them, or several that share what they set up. */
export type Comparison = () => Promise<Compared | readonly Compared[]>;

/** The outcome of a comparison: the median of each way, and the median of the ratios within the pairs. */
export interface Ratio {
  readonly ratio: number;
  readonly ratios: readonly number[];
  readonly aim: number;
  readonly ours_median_ms: number;
  readonly theirs_median_ms: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

export const ratioOf = ({ pairs, aim }: Compared): Ratio => {
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  return {
    ratio: median(ratios),
    ratios,
    aim,
    ours_median_ms: median(pairs.map(([ours]) => ours)),
    theirs_median_ms: median(pairs.map(([, theirs]) => theirs)),
  };
};

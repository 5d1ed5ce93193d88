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
  /** Whether more than the aim is an error: a step back, not something still to be reached. */
  readonly isBudget?: boolean;
}

/** One of them, or several that share what they set up. */
export type Comparison = () => Promise<Compared | readonly Compared[]>;

/** The outcome of a comparison: the median of each way, and the median of the ratios within the pairs. */
export interface Ratio {
  readonly ratio: number;
  readonly ratios: readonly number[];
  readonly aim: number;
  readonly is_budget: boolean;
  readonly ours_median_ms: number;
  readonly theirs_median_ms: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

export const ratioOf = ({ pairs, aim, isBudget = false }: Compared): Ratio => {
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  return {
    ratio: median(ratios),
    ratios,
    aim,
    is_budget: isBudget,
    ours_median_ms: median(pairs.map(([ours]) => ours)),
    theirs_median_ms: median(pairs.map(([, theirs]) => theirs)),
  };
};

const PAIRS = 60;
const CALLS = 10;

/** Milliseconds of a call, the mean of some in a row. */
const meanOf = async (task: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  for (let n = 0; n < CALLS; n += 1) await task();
  return (performance.now() - started) / CALLS;
};

/** Pairs of two ways, each the mean of some calls in a row; milliseconds. */
export const pairsOf = async (ours: () => Promise<unknown>, theirs: () => Promise<unknown>): Promise<readonly [number, number][]> => {
  const pairs: [number, number][] = [];
  for (let n = 0; n < PAIRS; n += 1) {
    // In turns, so that neither is always the second.
    if (n % 2 === 0) pairs.push([await meanOf(ours), await meanOf(theirs)]);
    else {
      const second = await meanOf(theirs);
      pairs.push([await meanOf(ours), second]);
    }
  }
  return pairs;
};

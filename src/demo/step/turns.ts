import type { Emit, StepInfo } from '../events.ts';
import { holdEvents } from './held-events.ts';
import { mayBegin } from '../side-by-side.ts';

/** The steps of a run, of which several may be under way, while each is told of in its turn. */
export interface Turns {
  /** The turn of a step: it begins, if it has not, and all that it says is told. @returns whether it passed */
  take(index: number): Promise<boolean>;
  /** Ends a step that has begun before its turn, which does not come: nothing is told of it. */
  skip(index: number): void;
  /** While a run does not go on, no step begins before its turn. */
  goOn(goesOn: boolean): void;
  /** When nothing is under way any more, skipped steps included. */
  over(): Promise<void>;
}

interface Begun {
  /** Whether it passed; never rejects. */
  readonly done: Promise<boolean>;
  readonly tell: () => void;
  readonly drop: () => void;
}

/**
 * @param options.run does a step; never rejects
 * @param options.early whether a step may begin before its turn
 * @param options.alone whether nothing may run beside a step; such a one is never early
 * @param options.signal after its abort no step begins before its turn
 */
export const createTurns = (options: {
  readonly steps: readonly StepInfo[];
  readonly run: (index: number, step: StepInfo, means: { readonly emit: Emit; readonly signal: AbortSignal }) => Promise<boolean>;
  readonly early: (step: StepInfo) => boolean;
  readonly alone: (step: StepInfo) => boolean;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}): Turns => {
  const { steps, run, early, alone, emit, signal } = options;
  const begun = new Map<StepInfo, Begun>();
  const passed = new Set<StepInfo>();
  let underWay = 0;
  let turn = 0;
  let goesOn = true;
  let isAlone = false;

  const begin = (step: StepInfo): Begun => {
    const { emit: told, tell, drop } = holdEvents(emit);
    const skipped = new AbortController();
    underWay += 1;
    const done = run(steps.indexOf(step), step, { emit: told, signal: AbortSignal.any([signal, skipped.signal]) }).then((hasPassed) => {
      underWay -= 1;
      if (hasPassed) passed.add(step);
      beginMore();
      return hasPassed;
    });
    const one: Begun = {
      done,
      tell,
      drop: () => {
        drop();
        skipped.abort();
      },
    };
    begun.set(step, one);
    return one;
  };

  /** One that waits for its turn takes the place of no other. */
  const isNotToBegin = (step: StepInfo): boolean => begun.has(step) || !early(step) || alone(step);

  const beginMore = (): void => {
    if (!goesOn || isAlone || signal.aborted) return;
    for (const step of mayBegin(steps, { turn, hasBegun: isNotToBegin, hasPassed: (each) => passed.has(each), underWay })) begin(step);
  };

  const over = async (): Promise<void> => void (await Promise.all([...begun.values()].map(({ done }) => done)));

  return {
    take: async (index) => {
      turn = index;
      const step = steps[index];
      if (step === undefined) throw new RangeError(`there is no step ${index}`);
      isAlone = alone(step);
      if (isAlone) await over();
      const { done, tell } = begun.get(step) ?? begin(step);
      beginMore();
      tell();
      const hasPassed = await done;
      isAlone = false;
      return hasPassed;
    },
    skip: (index) => steps.slice(index, index + 1).forEach((step) => begun.get(step)?.drop()),
    goOn: (next) => {
      goesOn = next;
    },
    over,
  };
};

import type { StepInfo } from '../events.ts';

/**
 * The chain of steps, each needing the one before, that takes longest: however many steps ran side by side, a run would take that long.
 * Pure.
 *
 * @param steps each after all that it needs
 * @param weigh milliseconds of a step, or any other measure
 * @returns ids, from the first step on
 */
export const criticalPath = (steps: readonly StepInfo[], weigh: (id: string) => number): readonly string[] => {
  let longest: Chain = NO_STEPS;
  const chains = new Map<string, Chain>();
  for (const { id, needs } of steps) {
    const before = needs.map((need) => chains.get(need) ?? NO_STEPS).reduce(longer, NO_STEPS);
    const chain = { ids: [...before.ids, id], length: before.length + weigh(id) };
    chains.set(id, chain);
    longest = longer(longest, chain);
  }
  return longest.ids;
};

interface Chain {
  readonly ids: readonly string[];
  readonly length: number;
}

const NO_STEPS: Chain = { ids: [], length: 0 };

const longer = (one: Chain, other: Chain): Chain => (other.length > one.length ? other : one);

import { failureFrom } from '#infra/apperr/result.ts';
import { Observed, Taken } from '#demo/evidence/taken.ts';
import { render } from '#infra/evidence/evaluate.ts';
import type { Json } from '#infra/evidence/exchange.ts';
import type { Seen } from '#demo/evidence/view.ts';
import type { Basis, Recipe } from '#infra/evidence/recipe.ts';
import type { Check } from '../events.ts';

/** A value as a check prints it; secrets never go in. */
type Rendered = string | number | boolean | null | readonly (string | number)[];

/** A value with the way by which it was taken, or with the reason why no record shows it; a bare one is a value of the step itself. */
type Value = Rendered | Taken | Observed;

/**
 * Asserts that `got` equals `expected` and records it; a promise that rejects is a failed check.
 *
 * @param id unique within the step
 * @returns whether the check passed
 */
export type Checker = (id: string, title: string, expected: Rendered | Taken, got: Value | Promise<Value>) => Promise<boolean>;

/** The reason of a value that its step gives no way and no reason for. */
export const UNSAID = 'the step worked it out';

/** The value itself. */
export const plainValue = (value: Value): Json => (value instanceof Taken || value instanceof Observed ? value.value : value);

const raw = (value: Json): string => JSON.stringify(value);

const recipeOf = (value: Rendered | Taken): Recipe<Seen> => (value instanceof Taken ? value.recipe : { take: 'value', value });

const basisOf = (expected: Rendered | Taken, got: Value): Basis<Seen> => {
  if (got instanceof Taken) return { kind: 'exchanges', expected: recipeOf(expected), got: got.recipe };
  return { kind: 'observed', why: got instanceof Observed ? got.why : UNSAID };
};

/** A check, and how it can be made again. */
export type Recorded = (check: Check, basis: Basis<Seen>) => void;

/** The checker of one step: it hands each check to `record`. After an abort of `signal` a rejection ends the step. */
export const createChecker = (record: Recorded, signal: AbortSignal): Checker => {
  const ids = new Set<string>();
  let before: Promise<unknown> = Promise.resolve();
  return async (id, title, expected, got) => {
    if (ids.has(id)) throw new TypeError(`check ${id} exists twice in one step`);
    ids.add(id);
    const wanted = plainValue(expected);
    const came = Promise.resolve(got).then(
      (value) => ({ passed: raw(plainValue(value)) === raw(wanted), text: render(plainValue(value)), basis: basisOf(expected, value) }),
      (thrown: unknown) => {
        // An interruption says nothing about the value.
        signal.throwIfAborted();
        const { code, message } = failureFrom(thrown);
        const basis: Basis<Seen> = { kind: 'observed', why: 'no answer came that could be looked at' };
        return { passed: false, text: render(`${code}: ${message}`), basis };
      },
    );
    // Checks that run at once are recorded in the order in which they were asked for.
    const turn = before;
    const recorded = async (): Promise<boolean> => {
      await turn;
      const { passed, text, basis } = await came;
      record({ id, title, status: passed ? 'passed' : 'failed', expected: render(wanted), got: text }, basis);
      return passed;
    };
    const result = recorded();
    before = Promise.allSettled([came, result]);
    return result;
  };
};

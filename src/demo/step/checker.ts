import { failureFrom } from '#infra/apperr/result.ts';
import type { Check } from '../events.ts';

/** A value as a check prints it; secrets never go in, see `same`. */
type Rendered = string | number | boolean | null | readonly (string | number)[];

/**
 * Asserts that `got` equals `expected` and records it; a promise that rejects is a failed check.
 *
 * @param id unique within the step
 * @returns whether the check passed
 */
export type Checker = (id: string, title: string, expected: Rendered, got: Rendered | Promise<Rendered>) => Promise<boolean>;

const MAX_RENDERED = 160;

const render = (value: Rendered): string => {
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  return text.length > MAX_RENDERED ? `${text.slice(0, MAX_RENDERED - 1)}…` : text;
};

const raw = (value: Rendered): string => JSON.stringify(value);

/** The checker of one step: it hands each check to `record`. After an abort of `signal` a rejection ends the step. */
export const createChecker = (record: (check: Check) => void, signal: AbortSignal): Checker => {
  const ids = new Set<string>();
  let before: Promise<unknown> = Promise.resolve();
  return async (id, title, expected, got) => {
    if (ids.has(id)) throw new TypeError(`check ${id} exists twice in one step`);
    ids.add(id);
    const came = Promise.resolve(got).then(
      (value) => ({ passed: raw(value) === raw(expected), text: render(value) }),
      (thrown: unknown) => {
        // An interruption says nothing about the value.
        signal.throwIfAborted();
        const { code, message } = failureFrom(thrown);
        return { passed: false, text: render(`${code}: ${message}`) };
      },
    );
    // Checks that run at once are recorded in the order in which they were asked for.
    const turn = before;
    const recorded = async (): Promise<boolean> => {
      await turn;
      const { passed, text } = await came;
      record({ id, title, status: passed ? 'passed' : 'failed', expected: render(expected), got: text });
      return passed;
    };
    const result = recorded();
    before = Promise.allSettled([came, result]);
    return result;
  };
};

/** Compares values that must not be printed: gives `name` when they are equal, `not <name>` when they differ. */
export const same = (name: string, wanted: unknown, got: unknown): string => (wanted === got ? name : `not ${name}`);

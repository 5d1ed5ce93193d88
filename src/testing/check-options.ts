import { nearest } from './nearest.ts';
import { failed } from './stack-error.ts';

/** What an option may be. */
interface Rule {
  readonly isRight: (value: unknown) => boolean;
  /** The same for people: `'auto', 'embedded' or 'docker'`. */
  readonly allowed: string;
  /** Its words, where there are only a few; a wrong one is likely to be one of them mistyped. */
  readonly words?: readonly string[];
}

export type Rules<Options> = { readonly [Name in Options extends unknown ? keyof Options : never]-?: Rule };

/** The longest time that `setTimeout` takes; beyond it, it takes 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const oneOf = (words: readonly string[]): Rule => ({
  isRight: (value) => words.includes(value as string),
  allowed: either(words),
  words,
});

/** A list that has `needed` in it, which is one of the words. @param why after a colon */
export const someOf = (words: readonly string[], needed: string, why: string): Rule => ({
  isRight: (value) => Array.isArray(value) && value.includes(needed) && value.every((each) => words.includes(each as string)),
  allowed: `a list of ${either(words)} that has '${needed}' in it: ${why}`,
  words,
});

/** @param allowed as people read it */
export const text = (allowed: string): Rule => ({ isRight: (value) => typeof value === 'string' && value !== '', allowed });

export const textOrNull = (allowed: string): Rule => ({ isRight: (value) => value === null || text(allowed).isRight(value), allowed });

export const milliseconds: Rule = {
  isRight: (value) => typeof value === 'number' && value >= 1 && value <= MAX_TIMER_MS,
  allowed: `milliseconds, from 1 to ${MAX_TIMER_MS}`,
};

export const count: Rule = { isRight: (value) => Number.isSafeInteger(value) && Number(value) >= 0, allowed: 'a whole number, 0 or more' };

export const callback: Rule = { isRight: (value) => typeof value === 'function', allowed: 'a function' };

/** By its looks: in the `vm` context of a runner there may be another class of that name. */
export const abortSignal: Rule = {
  isRight: (value) => typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value,
  allowed: 'an AbortSignal',
};

/**
 * Refuses options that the types would refuse, because JavaScript lets a name or a value with a slip of the pen pass, and something else
 * than was meant would happen. An option that is undefined is not given.
 *
 * @param of the function that takes them, for the message
 * @throws StackError `option-unknown`, `option-invalid`, with the option, the nearest right one, and what is allowed
 */
export const checkOptions = <Options>(of: string, options: unknown, rules: Rules<Options>): void => {
  const names = Object.keys(rules);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw failed('option-invalid', `${of} takes an object, not ${shown(options)}`, { fix: `It may have ${names.join(', ')}.` });
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, name)) {
      throw failed('option-unknown', `${of} has no option ${name}`, { fix: `${meant(name, names)}It takes ${names.join(', ')}.` });
    }
    const { isRight, allowed, words = [] } = rules[name as keyof Rules<Options>];
    if (value === undefined || isRight(value)) continue;
    const wrong = (Array.isArray(value) ? value : [value]).find((each) => typeof each === 'string' && !words.includes(each)) as unknown;
    throw failed('option-invalid', `${name} of ${of} cannot be ${shown(value)}`, {
      fix: `${typeof wrong === 'string' ? meant(wrong, words) : ''}Allowed: ${allowed}.`,
    });
  }
};

const meant = (word: string, candidates: readonly string[]): string => {
  const near = nearest(word, candidates);
  return near === undefined ? '' : `Did you mean ${near}? `;
};

const either = (words: readonly string[]): string =>
  [words.slice(0, -1), words.slice(-1)].map((some) => some.map((word) => `'${word}'`).join(', ')).join(' or ');

/** A value as it stands in code, shortened. */
const shown = (value: unknown): string => {
  const whole = typeof value === 'function' || typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return typeof value === 'number' ? String(value) : whole.slice(0, 60);
};

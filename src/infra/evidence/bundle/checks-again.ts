import { evaluate, render } from '../evaluate.ts';
import type { Exchange } from '../exchange.ts';
import { namedIn, type Recipe } from '../recipe.ts';
import type { BundleCheck } from './manifest.ts';
import type { EvidenceFault } from './verdict.ts';

/** How to find an exchange by its id. */
export type FindExchange = (id: string) => Exchange | undefined;

/** Whether a value has the form of a check: anybody may have written it. */
export const isCheck = (value: unknown): value is BundleCheck => {
  if (typeof value !== 'object' || value === null) return false;
  const { step, id, title, status, expected, got, basis } = value as Readonly<Record<string, unknown>>;
  const areTexts = [step, id, title, expected, got].every((each) => typeof each === 'string');
  if (!areTexts || (status !== 'passed' && status !== 'failed') || typeof basis !== 'object' || basis === null) return false;
  const { kind, why, ...recipes } = basis as Readonly<Record<string, unknown>>;
  return kind === 'observed' ? typeof why === 'string' : kind === 'exchanges' && isRecipe(recipes['expected']) && isRecipe(recipes['got']);
};

const isRecipe = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Why a check is not what its exchanges show, one clause; null where it is. The word of the run counts for one that is observed. */
export const faultOfCheck = ({ basis, expected, got, status }: BundleCheck, find: FindExchange): string | null => {
  if (basis.kind === 'observed') return null;
  const lacking = [basis.expected, basis.got].flatMap((recipe) => exchangesOf(recipe)).find((id) => find(id) === undefined);
  if (lacking !== undefined) return `rests on ${lacking}, which is not there`;
  const [wanted, came] = [evaluate(basis.expected, find), evaluate(basis.got, find)];
  if (render(wanted) !== expected) return `expects ${render(wanted)} by its exchange, and says ${expected}`;
  if (render(came) !== got) return `shows ${render(came)} in its exchange, and says ${got}`;
  const fate = JSON.stringify(wanted) === JSON.stringify(came) ? 'passed' : 'failed';
  return fate === status ? null : `has ${fate} by its exchange, and says ${status}`;
};

const exchangesOf = (recipe: Recipe): readonly string[] => {
  try {
    return namedIn(recipe);
  } catch (thrown) {
    // A recipe of a stranger may have any form; evaluated, it gives nothing.
    if (thrown instanceof TypeError || thrown instanceof RangeError) return [];
    throw thrown;
  }
};

/** Every check again. */
export const checksAgain = (checks: readonly BundleCheck[], find: FindExchange): readonly EvidenceFault[] =>
  checks.flatMap((check) => {
    const what = faultOfCheck(check, find);
    return what === null ? [] : [{ where: `${check.step} ${check.id}`, what }];
  });

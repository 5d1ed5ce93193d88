import { flagOf } from './setting.ts';
import type { Source } from './sources.ts';
import { usageError } from './usage-error.ts';

const PUBLIC = ['portKms', 'portIdentity'] as const;

/**
 * Whether all ports come from one number: the source that counts first among those that state any port decides. A stack that was started
 * with other ports than those of a file, for example, is found on its own.
 *
 * @param sources the first one counts most
 * @throws AppError `usage` where one source states both ways
 */
export const areFromOneNumber = (sources: readonly Source[]): boolean => {
  const source = sources.find(({ values }) => ['portBase', ...PUBLIC].some((key) => values.has(key)));
  if (source === undefined || !source.values.has('portBase')) return false;
  const other = PUBLIC.find((key) => source.values.has(key));
  if (other === undefined) return true;
  throw usageError(`${source.origin('portBase')} and ${source.origin(other)} both say where the stack listens`, {
    fix: `Leave one of them out: ${flagOf('portBase')} gives every port of the stack.`,
  });
};

import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/** The most days that what is scheduled may wait. */
export const MAX_WAIT_DAYS = 365;

/**
 * The query of a route that schedules the end of something. Query strings are text: without coercion a number is a pattern.
 *
 * @param of what waits, for example `removal`
 * @param usual days, where the caller says none
 */
export const waitQuery = (of: string, usual: number) =>
  strictObject({
    wait_days: Type.Optional(
      Type.String({
        description: `the days until the ${of}, 1 to ${MAX_WAIT_DAYS}, by default ${usual}`,
        pattern: '^([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5])$',
        examples: ['30'],
      }),
    ),
  });

export const waitOf = ({ wait_days: days }: { readonly wait_days?: string }): { waitDays?: number } =>
  days === undefined ? {} : { waitDays: Number(days) };

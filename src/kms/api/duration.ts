import { fieldInvalid } from './fields.ts';

/** The form of a duration: weeks alone, or days, hours, minutes and seconds. Years and months have no fixed length. @see ISO 8601-1 section 5.5.2 */
export const DURATION = '^P([0-9]{1,4}W|[0-9]{1,5}D|([0-9]{1,5}D)?T([0-9]{1,6}H)?([0-9]{1,7}M)?([0-9]{1,9}S)?)$';
/** Characters of the longest one. */
export const MAX_DURATION = 40;

const PARTS = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
/** Seconds of a week, a day, an hour, a minute and a second. */
const UNITS = [604_800, 86_400, 3_600, 60, 1] as const;

/**
 * Seconds of a duration of the form `DURATION`.
 *
 * @param field JSON Pointer, for the error
 * @param range seconds
 * @throws AppError `duration-invalid` 400
 */
export const secondsOf = (text: string, field: string, range: { readonly min: number; readonly max: number }): number => {
  const parts = PARTS.exec(text);
  const seconds = UNITS.reduce((sum, unit, index) => sum + unit * Number(parts?.[index + 1] ?? 0), 0);
  if (parts !== null && seconds >= range.min && seconds <= range.max) return seconds;
  const [from, to] = [durationOf(range.min), durationOf(range.max)];
  throw fieldInvalid('duration-invalid', field, `is not within ${from} and ${to}`, 'Give a duration such as P90D or PT12H.');
};

/** The shortest text of a number of seconds, in days, hours, minutes and seconds. */
export const durationOf = (seconds: number): string => {
  let left = seconds;
  const [days, hours, minutes, rest] = UNITS.slice(1).map((unit) => {
    const count = Math.floor(left / unit);
    left -= count * unit;
    return count;
  });
  const time = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${rest ? `${rest}S` : ''}`;
  return `P${days ? `${days}D` : ''}${time === '' ? '' : `T${time}`}`;
};

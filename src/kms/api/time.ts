import { fieldInvalid } from './fields.ts';

/** The form of a time; its parts are checked by `millisOf`, which says what is wrong with one. @see RFC 3339 section 5.6 */
export const TIME = '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$';
/** Characters of the longest one. */
export const MAX_TIME = 35;

const PARTS = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;
const MINUTE_MS = 60_000;

const daysIn = (year: number, month: number): number => {
  // Of a leap year when this one is; `Date.UTC` takes years below 100 for those of a century.
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return new Date(Date.UTC(isLeap ? 2000 : 2001, month, 0)).getUTCDate();
};

/** What a time has that no calendar or clock has, as the end of a sentence that begins with its field; null for nothing. */
const faultOf = (parts: {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly offsetHour: number;
  readonly offsetMinute: number;
}): string | null => {
  const { year, month, day, hour, minute, second, offsetHour, offsetMinute } = parts;
  if (month < 1 || month > 12) return `has the month ${month}, and months are 01 to 12`;
  const days = daysIn(year, month);
  if (day < 1 || day > days) return `has the day ${day}, and that month has the days 01 to ${days}`;
  if (hour > 23) return `has the hour ${hour}, and hours are 00 to 23`;
  if (minute > 59) return `has the minute ${minute}, and minutes are 00 to 59`;
  if (second > 60) return `has the second ${second}, and seconds are 00 to 59, or 60 in a leap second`;
  if (offsetHour > 23 || offsetMinute > 59) return 'has an offset that is not within -23:59 and +23:59';
  return null;
};

/** Leap seconds are put in, if at all, before midnight UTC at the end of June or December. @see RFC 3339 appendix D */
const endsWithLeapSecond = (before: Date): boolean => /-(06-30|12-31)T23:59:59/.test(before.toISOString());

/**
 * Epoch milliseconds of an RFC 3339 time of the form `TIME`. A fraction is cut to milliseconds; a leap second is the moment in which it
 * ends.
 *
 * @param field JSON Pointer, for the error
 * @throws AppError `time-invalid` 400, which says what no calendar or clock has
 * @see RFC 3339 sections 5.6 and 5.7
 */
export const millisOf = (text: string, field: string): number => {
  const refused = (message: string) => fieldInvalid('time-invalid', field, message, 'Give a time such as 2031-01-01T00:00:00Z.');
  const found = PARTS.exec(text.toUpperCase());
  if (found === null) throw refused('is not a time of RFC 3339');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const [offsetHour, offsetMinute] = [Number(found[9] ?? 0), Number(found[10] ?? 0)];
  const fault = faultOf({ year, month, day, hour, minute, second, offsetHour, offsetMinute });
  if (fault !== null) throw refused(fault);

  const isLeapSecond = second === 60;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, isLeapSecond ? 59 : second, isLeapSecond ? 0 : Number((found[7] ?? '').slice(0, 3).padEnd(3, '0')));
  const offset = (found[8] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  const utc = new Date(date.getTime() - offset * MINUTE_MS);
  if (utc.getUTCFullYear() < 0 || utc.getUTCFullYear() > 9999) throw refused('is not within the years 0000 to 9999 of UTC');
  if (!isLeapSecond) return utc.getTime();
  if (!endsWithLeapSecond(utc)) throw refused('has the second 60 where no leap second can be: the end of June or December in UTC');
  return utc.getTime() + 1_000;
};

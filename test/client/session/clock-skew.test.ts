import { describe, expect, it } from 'vitest';
import { clockSkew } from '#client/session/clock-skew.ts';

const sentAt = Date.UTC(2027, 0, 2, 3, 4, 5, 678);
const answeredAt = sentAt + 300;
const dated = (at: number) => clockSkew({ date: new Date(at).toUTCString(), sentAt, answeredAt });

describe('The skew of a clock by the Date of an answer', () => {
  it.each([
    ['0 within the second that a Date header names', sentAt, 0],
    ['0 where the second before was just over', sentAt - 600, 0],
    ['ahead, by the least that explains it', sentAt + 90_000, 89_022],
    ['behind, by the least that explains it', sentAt - 90_000, -89_678],
  ])('is %s', (_, at, skew) => {
    expect(dated(at)).toBe(skew);
  });

  it.each([[undefined], [''], ['yesterday']])('is not known of an answer whose Date is %j', (date) => {
    expect(clockSkew({ date, sentAt, answeredAt })).toBeNull();
  });
});

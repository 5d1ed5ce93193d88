import { describe, expect, it } from 'vitest';
import { MAX_TIME, millisOf, TIME } from '#kms/api/time.ts';

describe('An RFC 3339 time', () => {
  it.each([
    ['2031-01-01T00:00:00Z', '2031-01-01T00:00:00.000Z'],
    ['2031-01-01t00:00:00z', '2031-01-01T00:00:00.000Z'],
    ['2031-01-01T00:00:00.1Z', '2031-01-01T00:00:00.100Z'],
    ['2031-01-01T00:00:00.123456Z', '2031-01-01T00:00:00.123Z'],
    ['2031-01-01T00:00:00.123999999+00:00', '2031-01-01T00:00:00.123Z'],
    ['2031-01-01T00:00:00-00:00', '2031-01-01T00:00:00.000Z'],
    ['2040-02-29T12:00:00+02:00', '2040-02-29T10:00:00.000Z'],
    ['2031-12-31T23:30:00-05:45', '2032-01-01T05:15:00.000Z'],
    ['2000-02-29T23:59:59Z', '2000-02-29T23:59:59.000Z'],
    ['0000-02-29T00:00:00Z', '0000-02-29T00:00:00.000Z'],
    ['0099-03-01T00:00:00Z', '0099-03-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['1990-12-31T23:59:60Z', '1991-01-01T00:00:00.000Z'],
    ['1990-12-31T15:59:60.5-08:00', '1991-01-01T00:00:00.000Z'],
    ['2015-06-30T23:59:60Z', '2015-07-01T00:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(text).toMatch(new RegExp(TIME));
    expect(text.length).toBeLessThanOrEqual(MAX_TIME);
    expect(new Date(millisOf(text, '/at')).toISOString()).toBe(expected);
  });

  it.each([
    ['2031-13-01T00:00:00Z', 'month 13'],
    ['2031-00-01T00:00:00Z', 'month 0'],
    ['2031-02-29T00:00:00Z', 'days 01 to 28'],
    ['1900-02-29T00:00:00Z', 'days 01 to 28'],
    ['2031-04-31T00:00:00Z', 'days 01 to 30'],
    ['2031-01-00T00:00:00Z', 'day 0'],
    ['2031-01-01T24:00:00Z', 'hour 24'],
    ['2031-01-01T00:60:00Z', 'minute 60'],
    ['2031-01-01T00:00:61Z', 'second 61'],
    ['2031-01-01T00:00:60Z', 'leap second'],
    ['2031-12-31T23:59:60+01:00', 'leap second'],
    ['2031-01-01T00:00:00+24:00', 'offset'],
    ['2031-01-01T00:00:00+00:60', 'offset'],
    ['9999-12-31T23:59:59-00:01', 'years'],
    ['0000-01-01T00:00:00+00:01', 'years'],
  ])('%s is refused for its %s', (text, said) => {
    expect(text).toMatch(new RegExp(TIME));
    expect(() => millisOf(text, '/at')).toThrow(
      expect.objectContaining({
        code: 'time-invalid',
        status: 400,
        message: expect.stringContaining(said),
        fields: [expect.objectContaining({ field: '/at' })],
      }),
    );
  });

  it.each([
    '2031-01-01',
    '2031-01-01 00:00:00Z',
    '2031-01-01T00:00Z',
    '2031-01-01T00:00:00',
    '2031-01-01T00:00:00.Z',
    '2031-01-01T00:00:00.1234567890Z',
    '2031-01-01T00:00:00+0000',
    '+02031-01-01T00:00:00Z',
    '٢031-01-01T00:00:00Z',
  ])('is not %s', (text) => {
    expect(text).not.toMatch(new RegExp(TIME));
    expect(() => millisOf(text, '/at')).toThrow(expect.objectContaining({ code: 'time-invalid' }));
  });
});

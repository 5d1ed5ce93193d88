import { describe, expect, it } from 'vitest';
import { DURATION, durationOf, MAX_DURATION, secondsOf } from '#kms/api/duration.ts';

const range = { min: 60, max: 400 * 86_400 };

describe('A duration of ISO 8601', () => {
  it.each([
    ['P90D', 90 * 86_400, 'P90D'],
    ['P2W', 14 * 86_400, 'P14D'],
    ['PT36H', 36 * 3_600, 'P1DT12H'],
    ['P1DT2H3M4S', 93_784, 'P1DT2H3M4S'],
    ['PT90M', 5_400, 'PT1H30M'],
    ['PT60S', 60, 'PT1M'],
  ])('%s is %i seconds, and %s again', (text, seconds, shortest) => {
    expect(text).toMatch(new RegExp(DURATION));
    expect(text.length).toBeLessThan(MAX_DURATION);
    expect(secondsOf(text, '/period', range)).toBe(seconds);
    expect(durationOf(seconds)).toBe(shortest);
  });

  it.each(['P1Y', 'P1M', 'P', '90D', 'P-1D', 'P1.5D', 'P1D2H', 'P1W1D', 'PT1S2M', 'p1d', ''])('is not %j', (text) => {
    expect(text).not.toMatch(new RegExp(DURATION));
  });

  it.each(['PT', 'P0D', 'PT59S', 'P401D', 'P9999W'])('is refused as %s, which is outside of its range', (text) => {
    expect(() => secondsOf(text, '/period', range)).toThrow(expect.objectContaining({ code: 'duration-invalid', status: 400 }) as Error);
  });
});

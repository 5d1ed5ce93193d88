import { expect, it } from 'vitest';
import { createTraceRate } from '#infra/telemetry/sdk/trace-rate.ts';

const takenOf = (mayRecord: () => boolean, asked: number): number => Array.from({ length: asked }, mayRecord).filter(Boolean).length;

it('Of new traces at once so many are recorded as the rate says, and then one for each part of a second that goes by', () => {
  const clock = { elapsed: 5_000 };
  const mayRecord = createTraceRate({ perSecond: 10, elapsed: () => clock.elapsed });
  expect(takenOf(mayRecord, 50)).toBe(10);
  clock.elapsed += 99;
  expect(takenOf(mayRecord, 50)).toBe(0);
  clock.elapsed += 1;
  expect(takenOf(mayRecord, 50)).toBe(1);
  clock.elapsed += 3_600_000;
  expect(takenOf(mayRecord, 50)).toBe(10);
});

it('A rate of nought records no trace, and a rate of one records one in a second', () => {
  const clock = { elapsed: 0 };
  expect(takenOf(createTraceRate({ perSecond: 0, elapsed: () => clock.elapsed }), 5)).toBe(0);
  const one = createTraceRate({ perSecond: 1, elapsed: () => clock.elapsed });
  expect(takenOf(one, 5)).toBe(1);
  clock.elapsed += 1_000;
  expect(takenOf(one, 5)).toBe(1);
});

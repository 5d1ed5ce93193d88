import { expect, it } from 'vitest';
import { createMeasures } from '#infra/telemetry/sdk/measures.ts';

const measuresOf = () => {
  const clock = { now: 1_800_000_000_500 };
  const measures = createMeasures({ scope: { name: 'test', version: '1' }, now: () => clock.now });
  const points = async () => (await measures.producer.collect()).resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints ?? [];
  return { clock, measures, points };
};

it('Sums of one set of attributes are one, in whatever order they are given, and whatever stands beside them that may not leave', async () => {
  const { clock, measures, points } = measuresOf();
  const count = measures.counter('test', { description: 'test' });
  count(1, { operation: 'encrypt', outcome: 'done' });
  count(2, { outcome: 'done', operation: 'encrypt' });
  count(4, { operation: 'encrypt', outcome: 'done', password: 'secret' });
  count(8, { operation: 'encrypt' });
  clock.now += 1_250;
  expect(await points()).toEqual([
    {
      attributes: { operation: 'encrypt', outcome: 'done' },
      value: 7,
      startTime: [1_800_000_000, 500_000_000],
      endTime: [1_800_000_001, 750_000_000],
    },
    expect.objectContaining({ attributes: { operation: 'encrypt' }, value: 8 }),
  ]);
});

it('A histogram counts a value below the bound that it is on, and those above all bounds by themselves', async () => {
  const { measures, points } = measuresOf();
  const took = measures.histogram('test', { description: 'test', unit: 's' });
  for (const seconds of [0.005, 0.006, 10, 11]) took(seconds);
  const [point] = await points();
  const counts = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
  expect(point?.value).toMatchObject({ buckets: { counts }, count: 4, sum: 21.011, min: 0.005, max: 11 });
});

it('Sets of attributes beyond two thousand are one, so that no caller fills the memory', async () => {
  const { measures, points } = measuresOf();
  const count = measures.counter('test', { description: 'test' });
  for (let n = 0; n < 2_010; n += 1) count(1, { operation: `o-${n}` });
  count(1, { operation: 'o-0' });
  const all = await points();
  expect(all).toHaveLength(2_001);
  expect(all[0]).toMatchObject({ attributes: { operation: 'o-0' }, value: 2 });
  expect(all.at(-1)).toMatchObject({ attributes: { 'otel.metric.overflow': true }, value: 10 });
});

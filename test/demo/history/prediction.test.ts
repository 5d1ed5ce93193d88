import { describe, expect, it } from 'vitest';
import { predict } from '#demo/history/prediction.ts';
import type { RunKind, RunRecord } from '#demo/history/run-record.ts';

const FRESH: RunKind = { engine: 'embedded', start: 'fresh', images: null };
const STEPS = ['bring-up.kms', 'kms.keys'].map((id) => ({ id, phase: id.split('.')[0] ?? '', title: id, needs: [] }));

const run = (durations: readonly [number, number], change: Partial<RunRecord> = {}): RunRecord => ({
  command: 'demo all',
  ...FRESH,
  profile: 'demo',
  release: '0.1.0',
  outcome: 'passed',
  at: '2026-01-02T03:04:05.000Z',
  durationMs: durations[0] + durations[1],
  steps: STEPS.map(({ id }, at) => ({ id, status: 'passed', durationMs: durations[at] ?? 0 })),
  ...change,
});

describe('A prediction', () => {
  it('has no time where there is no earlier run', () => {
    expect(predict(STEPS, FRESH, [])).toMatchObject({
      durationMs: null,
      runs: 0,
      steps: STEPS.map(({ id }) => ({ id, durationMs: null })),
    });
  });

  it('is the median of each step, and their sum, and says on how many runs it rests', () => {
    const history = [run([900, 100]), run([5_000, 120]), run([1_000, 110])];
    expect(predict(STEPS, FRESH, history)).toEqual({
      kind: FRESH,
      durationMs: 1_110,
      runs: 3,
      steps: [
        { id: 'bring-up.kms', durationMs: 1_000, runs: 3 },
        { id: 'kms.keys', durationMs: 110, runs: 3 },
      ],
    });
    expect(predict(STEPS, FRESH, history.slice(0, 2)).steps[1]).toMatchObject({ durationMs: 110, runs: 2 });
  });

  it('rests on runs of the same engine, start and images only, and on any command', () => {
    const others = [run([1, 1], { engine: 'docker', images: 'there' }), run([2, 2], { start: 'kept' }), run([3, 3], { start: 'running' })];
    expect(predict(STEPS, FRESH, others).runs).toBe(0);
    expect(predict(STEPS, FRESH, [...others, run([700, 70], { command: 'demo kms' })])).toMatchObject({ durationMs: 770, runs: 1 });
  });

  it('leaves out a step that failed or was skipped, and has no sum while one has no earlier run', () => {
    const failed = run([800, 9]);
    const steps = failed.steps.map((step) => (step.id === 'kms.keys' ? { ...step, status: 'failed' as const } : step));
    const predicted = predict(STEPS, FRESH, [{ ...failed, steps, outcome: 'partial' }]);
    expect(predicted).toMatchObject({ durationMs: null, runs: 0 });
    expect(predicted.steps).toEqual([
      { id: 'bring-up.kms', durationMs: 800, runs: 1 },
      { id: 'kms.keys', durationMs: null, runs: 0 },
    ]);
  });

  it('goes by the last fifteen runs: a machine that became faster is believed', () => {
    const history = [...Array.from({ length: 30 }, () => run([9_000, 900])), ...Array.from({ length: 15 }, () => run([500, 50]))];
    expect(predict(STEPS, FRESH, history)).toMatchObject({ durationMs: 550, runs: 15 });
  });
});

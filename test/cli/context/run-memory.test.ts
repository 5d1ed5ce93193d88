import { randomUUIDv7 } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRunMemory, type RunMemoryOptions } from '#cli/context/run-memory.ts';
import { advance, NOT_STARTED, outcomeOf } from '#demo/outcome.ts';
import { plan } from '#demo/plan.ts';
import { timeOf } from '#demo/side-by-side.ts';
import { PASSED_RUN } from '#test/support/cli-events.ts';
import { statusOf } from '#test/support/demo-engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const OUTCOME = outcomeOf(PASSED_RUN.reduce(advance, NOT_STARTED));
const PLAN = { ...plan({ command: 'all' }), steps: OUTCOME.steps.map(({ step }) => step) };

const engine = (change: Partial<RunMemoryOptions['engine']> = {}): RunMemoryOptions['engine'] => ({
  kind: 'embedded',
  status: async () => [],
  hasData: async () => false,
  missingImages: async () => null,
  ...change,
});

describe('The memory of a run', () => {
  it('lies in the state folder of the user, tells nothing of where the run was, and predicts the next one', async () => {
    await using home = await temporaryDirectory();
    const process = { env: {}, home: home.path, now: () => Date.now() };
    const first = await openRunMemory({ engine: engine(), plan: PLAN, process });
    expect(first.prediction).toMatchObject({ durationMs: null, runs: 0 });
    await first.remember(OUTCOME);
    const folder = join(home.path, '.local/state/passthru/runs');
    const [name = ''] = await readdir(folder);
    const text = await readFile(join(folder, name), 'utf8');
    expect(text).not.toContain(home.path);
    expect(Object.keys(JSON.parse(text) as object).toSorted()).toEqual(
      ['at', 'command', 'durationMs', 'engine', 'images', 'outcome', 'profile', 'release', 'start', 'steps', 'version'].toSorted(),
    );
    const second = await openRunMemory({ engine: engine(), plan: PLAN, process });
    expect(second.prediction.runs).toBe(1);
    const took = new Map(OUTCOME.steps.map(({ step, durationMs }) => [step.id, Math.round(durationMs)]));
    expect(second.prediction.durationMs).toBe(timeOf(PLAN.steps, (id) => took.get(id) ?? 0));
  });

  it('follows an absolute XDG_STATE_HOME, and does without a home', async () => {
    await using directory = await temporaryDirectory();
    const elsewhere = join(directory.path, randomUUIDv7());
    const named = await openRunMemory({
      engine: engine(),
      plan: PLAN,
      process: { env: { XDG_STATE_HOME: elsewhere }, home: null, now: () => 0 },
    });
    await named.remember(OUTCOME);
    expect(await readdir(join(elsewhere, 'passthru/runs'))).toHaveLength(1);
    for (const env of [{}, { XDG_STATE_HOME: 'relative' }]) {
      const homeless = await openRunMemory({ engine: engine(), plan: PLAN, process: { env, home: null, now: () => 0 } });
      await homeless.remember(OUTCOME);
      expect(homeless.prediction.runs).toBe(0);
    }
  });

  it.each([
    ['nothing yet', engine(), { start: 'fresh', images: null }],
    ['data of an earlier run', engine({ hasData: async () => true }), { start: 'kept', images: null }],
    [
      'all services up',
      engine({ hasData: async () => true, status: async () => PLAN.services.map((service) => statusOf(service)) }),
      { start: 'running', images: null },
    ],
    ['one service up', engine({ hasData: async () => true, status: async () => [statusOf('telemetry')] }), { start: 'kept', images: null }],
    ['images missing', engine({ kind: 'docker', missingImages: async () => ['postgres'] }), { start: 'fresh', images: 'missing' }],
    ['images there', engine({ kind: 'docker', missingImages: async () => [] }), { start: 'fresh', images: 'there' }],
    [
      'an engine that does not answer',
      engine({
        kind: 'docker',
        status: () => Promise.reject(new Error('gone')),
        hasData: () => Promise.reject(new Error('gone')),
        missingImages: () => Promise.reject(new Error('gone')),
      }),
      { start: 'fresh', images: 'there' },
    ],
  ])('knows the state in which a run finds the stack: %s', async (_state, found, kind) => {
    const { prediction } = await openRunMemory({ engine: found, plan: PLAN, process: { env: {}, home: null, now: () => 0 } });
    expect(prediction.kind).toEqual({ engine: found.kind, ...kind });
  });
});

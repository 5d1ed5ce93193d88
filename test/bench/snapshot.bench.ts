import { plan } from '#demo/plan.ts';
import { startHealthy } from '#demo/health/bring-up/start-healthy.ts';
import { run } from '#demo/run.ts';
import { SERVICES } from '#engine/engine.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { openStack } from '#stack/open-stack.ts';
import { restoreSnapshot } from '#stack/snapshot/restore-snapshot.ts';
import { saveSnapshot } from '#stack/snapshot/save-snapshot.ts';
import { findSnapshot } from '#stack/snapshot/store.ts';
import type { Stack } from '#stack/stack.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import type { Comparison } from './suite.ts';

const PAIRS = 5;
const NEVER = new AbortController().signal;

/** Brought up, seeded, and its seed read back, as a demo does before its flows. */
const coldStart = async (stack: Stack): Promise<void> => {
  const whole = plan({ command: 'all' });
  const steps = whole.steps.filter(({ phase }) => phase === 'bring-up' || phase === 'seed');
  await stack.recordStart();
  const { outcome } = await run({ ...whole, steps }, { engine: stack.engine, emit: () => undefined, signal: NEVER });
  if (outcome !== 'passed') throw new Error(`the start ended as ${outcome}`);
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
};

/** The embedded engine, from an empty folder to a stack that is seeded and healthy: with a snapshot, and without one. */
export const snapshotComparison: Comparison = async () => {
  await using folder = await temporaryDirectory();
  const { kms, identity } = await reservePorts();
  let turn = 0;
  const place = () => ({
    stateDir: `${folder.path}/${(turn += 1)}`,
    engine: 'embedded' as const,
    purpose: 'start' as const,
    holder: 'bench',
    ports: { kms, identity },
    env: {},
  });
  const down = (stack: Stack, volumes: boolean) => stack.tearDown({ volumes, hurry: NEVER });
  const cold = async (): Promise<number> => {
    let opened: Stack | undefined;
    const took = await timed(async () => coldStart((opened = await openStack(place()))));
    await using stack = opened;
    if (stack !== undefined) await down(stack, true);
    return took;
  };

  const first = place();
  await using saved = await openStack(first);
  await coldStart(saved);
  const saving = { engine: saved.engine, stateDir: first.stateDir, name: 'seeded', replace: false, now: Date.now, signal: NEVER };
  orThrow(await saveSnapshot(saving));
  const snapshot = await findSnapshot(first.stateDir, 'seeded');
  const start = () => startHealthy({ engine: saved.engine, services: SERVICES, signal: NEVER });
  const restores: number[] = [];
  for (let n = 0; n < PAIRS; n += 1) {
    const restoring = { engine: saved.engine, stateDir: first.stateDir, snapshot, start, signal: NEVER };
    restores.push(await timed(async () => orThrow(await restoreSnapshot(restoring))));
  }
  await down(saved, false);

  const warm = async (): Promise<number> => {
    let opened: Stack | undefined;
    const took = await timed(async () => {
      opened = await openStack({ ...place(), snapshot });
      await opened.recordStart();
      orThrow(await startHealthy({ engine: opened.engine, services: SERVICES, signal: NEVER }));
    });
    await using stack = opened;
    if (stack !== undefined) await down(stack, true);
    return took;
  };
  // Modules are compiled once, for either.
  await warm();
  const pairs: [number, number][] = [];
  for (let n = 0; n < PAIRS; n += 1) {
    if (n % 2 === 0) pairs.push([await warm(), await cold()]);
    else {
      const second = await cold();
      pairs.push([await warm(), second]);
    }
  }
  const theirs = 'a start of an empty folder, with its seed';
  return [
    { ours: 'a start with a snapshot', theirs, aim: 0.35, pairs },
    { ours: 'a restore of a stack that is up', theirs, aim: 0.35, pairs: pairs.map(([, other], n) => [restores[n] ?? 0, other]) },
  ];
};

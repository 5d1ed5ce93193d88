import type { Drill } from '../kit/drill.ts';
import { dependencyAt, eventually } from '../kit/looks.ts';
import { countsLosses } from './losses.ts';

const TOLD_MS = 10_000;
const WRITES = 10;

export const collectorAway: Drill = {
  title: 'Collector away',
  breaks: 'the collector of telemetry hangs: it takes connections and answers nothing',
  mustHold: 'An optional dependency that hangs turns no service red and slows no answer; what is lost is counted.',
  source: 'reliability.md#what-holds',
  engines: ['embedded', 'docker'],
  faults: [{ kind: 'frozen', part: 'telemetry' }],
  callers: { user: [], token: [] },
  boundMs: 3_000,
  run: async (kit) => {
    const { check, inflict, load } = kit;
    await inflict({ kind: 'frozen', part: 'telemetry' });
    for (const server of ['kms', 'identity'] as const) {
      const named = '200 telemetry down';
      const got = eventually(kit, named, TOLD_MS, () => dependencyAt(kit, server, 'telemetry'));
      await check(`${server}-ready`, `/readyz of ${server}`, named, got);
    }
    await check('goes-on-without', 'Writes are acknowledged without it', true, load.moreWrites(WRITES, TOLD_MS));
    return countsLosses(kit);
  },
};

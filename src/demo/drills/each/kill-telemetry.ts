import type { Drill } from '../kit/drill.ts';
import { dependencyAt, eventually, stateOf } from '../kit/looks.ts';
import { countsLosses } from './losses.ts';

const TOLD_MS = 8_000;
const WRITES = 10;

export const killTelemetry: Drill = {
  title: 'Collector killed',
  breaks: 'kill -9 of the collector of telemetry',
  mustHold: 'Both servers stay ready and go on; telemetry that reaches nobody is dropped and counted.',
  source: 'reliability.md#what-holds',
  engines: ['embedded', 'docker'],
  faults: [{ kind: 'killed', part: 'telemetry' }],
  callers: { user: [], token: [] },
  boundMs: 5_000,
  run: async (kit) => {
    const { check, inflict, load } = kit;
    await inflict({ kind: 'killed', part: 'telemetry' });
    await check(
      'told',
      'The status of telemetry',
      'down',
      eventually(kit, 'down', TOLD_MS, () => stateOf(kit, 'telemetry')),
    );
    for (const server of ['kms', 'identity'] as const) {
      const named = '200 telemetry down';
      const got = eventually(kit, named, TOLD_MS, () => dependencyAt(kit, server, 'telemetry'));
      await check(`${server}-ready`, `/readyz of ${server}`, named, got);
    }
    await check('goes-on-without', 'Writes are acknowledged without it', true, load.moreWrites(WRITES, TOLD_MS));
    return countsLosses(kit);
  },
};

import type { Drill } from '../kit/drill.ts';
import { eventually, stateOf } from '../kit/looks.ts';
import { goesOnWithoutTelemetry } from './without-telemetry.ts';

const TOLD_MS = 8_000;

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
    const { check, inflict } = kit;
    await inflict({ kind: 'killed', part: 'telemetry' });
    await check(
      'told',
      'The status of telemetry',
      'down',
      eventually(kit, 'down', TOLD_MS, () => stateOf(kit, 'telemetry')),
    );
    return goesOnWithoutTelemetry(kit, TOLD_MS);
  },
};

import type { Drill } from '../kit/drill.ts';
import { goesOnWithoutTelemetry } from './without-telemetry.ts';

const TOLD_MS = 10_000;

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
    await kit.inflict({ kind: 'frozen', part: 'telemetry' });
    return goesOnWithoutTelemetry(kit, TOLD_MS);
  },
};

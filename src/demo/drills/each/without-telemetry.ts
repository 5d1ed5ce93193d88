import type { DrillKit } from '../kit/drill.ts';
import { eventually, readyzOf } from '../kit/looks.ts';

/** Milliseconds until an export is given up: exports come every five seconds where nobody set it otherwise, and are tried again. */
const GIVEN_UP_MS = 30_000;

/** Telemetry that could not be delivered is counted by the KMS. */
export const countsLosses = async (kit: DrillKit): Promise<string> => {
  const { check } = kit;
  const lost = async () => (await readyzOf(kit, 'kms')).body.dropped?.telemetry_records ?? 0;
  const before = await lost();
  const counted = eventually(kit, 'counted', GIVEN_UP_MS, async () => ((await lost()) > before ? 'counted' : 'not counted'));
  await check('counted', 'What is lost of telemetry is counted', 'counted', counted);
  return 'losses are counted';
};

import type { DrillKit } from '../kit/drill.ts';
import { dependencyAt, eventually, readyzOf } from '../kit/looks.ts';

const WRITES = 10;

/** Milliseconds until an export is given up: exports come every five seconds where nobody set it otherwise, and are tried again. */
const GIVEN_UP_MS = 30_000;

/**
 * Without the collector of telemetry both servers stay ready and say that it is down, writes go on, and what cannot be delivered is counted
 * by the KMS.
 *
 * @param toldMs milliseconds within which the servers say so and the writes are acknowledged
 */
export const goesOnWithoutTelemetry = async (kit: DrillKit, toldMs: number): Promise<string> => {
  const { check, load } = kit;
  for (const server of ['kms', 'identity'] as const) {
    const named = '200 telemetry down';
    const got = eventually(kit, named, toldMs, () => dependencyAt(kit, server, 'telemetry'));
    await check(`${server}-ready`, `/readyz of ${server}`, named, got);
  }
  await check('goes-on-without', 'Writes are acknowledged without it', true, load.moreWrites(WRITES, toldMs));
  const lost = async () => (await readyzOf(kit, 'kms')).body.dropped?.telemetry_records ?? 0;
  const before = await lost();
  const counted = eventually(kit, 'counted', GIVEN_UP_MS, async () => ((await lost()) > before ? 'counted' : 'not counted'));
  await check('counted', 'What is lost of telemetry is counted', 'counted', counted);
  return 'losses are counted';
};

import { setTimeout } from 'node:timers/promises';
import type { DatabaseKind } from '#infra/database/config.ts';

/**
 * The length of a lease: for so many milliseconds a process may use what it read from the database without another look. This goes
 * for the policy of a key, and for tenants and where their databases lie.
 *
 * A change is acknowledged only once every lease has ended that may have begun before it. So it holds in every replica from
 * the answer on, although replicas do not know of each other:
 *
 *     one      change ── commit ──────── leases end ──► answer
 *     another  … uses what it read … │ reads again  │ the change holds here
 *
 * The lengths are durations of each process's own clock that never goes back, so it does no harm that clocks differ or are set.
 */
export const LEASE_MS = 250;

/** A timer may fire a little before its time. */
const MARGIN_MS = 10;

/**
 * Resolves when no other process uses any more what it read before this call. This process has to forget it by itself, and
 * with SQLite, whose files have one process, nothing is left to wait for.
 */
export const leasesEnded = async (kind: DatabaseKind): Promise<void> => {
  if (kind === 'postgres') await setTimeout(LEASE_MS + MARGIN_MS);
};

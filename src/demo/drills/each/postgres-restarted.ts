import type { Drill } from '../kit/drill.ts';
import { eventually, pidOf, stateOf } from '../kit/looks.ts';

const READY_MS = 30_000;
const DATABASES = ['identity-postgres', 'kms-postgres'] as const;

export const postgresRestarted: Drill = {
  title: 'PostgreSQL restarted',
  breaks: 'both PostgreSQL servers are stopped and started',
  mustHold: 'Callers get 503 with Retry-After until it is back; the servers find it again by themselves, and nothing acknowledged is lost.',
  source: 'reliability.md#what-holds',
  engines: ['docker'],
  faults: DATABASES.map((part) => ({ kind: 'stopped', part }) as const),
  callers: { user: ['503'], token: ['503', 'no answer', '500 server_error'] },
  boundMs: 10_000,
  run: async (kit) => {
    const { check, faults, inflict } = kit;
    const before = await pidOf(kit, 'kms');
    for (const part of DATABASES) await inflict({ kind: 'stopped', part });
    for (const part of DATABASES) await faults.start(part);
    for (const server of ['identity', 'kms'] as const) {
      await check(
        `${server}-ready`,
        `The status of ${server}`,
        'ready',
        eventually(kit, 'ready', READY_MS, () => stateOf(kit, server)),
      );
    }
    await check('same-process', 'The KMS was not started anew', before, pidOf(kit, 'kms'));
    return 'found again without a restart';
  },
};

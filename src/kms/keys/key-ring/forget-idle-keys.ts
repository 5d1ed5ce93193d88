import type { Job } from '#infra/jobs/job.ts';
import type { KeyRing } from './key-ring.ts';

const LOOK_EVERY_MS = 30_000;

/** Takes keys that nobody uses out of the memory of this process, so that what another replica destroyed does not stay there. */
export const forgetIdleKeys = (ring: Pick<KeyRing, 'forgetIdle'>): Job => ({
  name: 'forget-idle-keys',
  periodMs: LOOK_EVERY_MS,
  run: async () => ring.forgetIdle(),
});

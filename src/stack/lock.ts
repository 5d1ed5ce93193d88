import { acquireLock } from '#engine/state/lock.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import type { StackOptions } from './stack-options.ts';

export interface LockOptions extends Pick<StackOptions, 'stateDir' | 'now' | 'warn'> {
  readonly holder: string;
}

/**
 * The lock of a state folder, for a command that changes something; disposing of it lets go.
 *
 * @throws AppError `lock-held` that names holder, age and command; `state-folder-unusable`
 */
export const lockStateFolder = async ({ holder, ...options }: LockOptions): Promise<AsyncDisposable> =>
  orThrow(await acquireLock({ ...options, command: holder }));

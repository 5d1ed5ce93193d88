import { startHealthy } from '#demo/health/bring-up/start-healthy.ts';
import { findRootCause } from '#demo/health/find-root-cause.ts';
import { sleep } from '#demo/step/sleep.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import type { Engine, ServiceName } from '#engine/engine.ts';
import { stackFailed } from './failed-from.ts';

export interface BringUpOptions {
  readonly engine: Engine;
  readonly access: StackAccess;
  readonly services: readonly ServiceName[];
  /** Milliseconds that each service may take to become healthy. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly remark: (line: string) => void;
  readonly now: () => number;
}

/**
 * Starts what does not run, and waits until all is healthy.
 *
 * @throws an error that names the part of the stack that explains the failure, with the end of its log
 */
export const bringUp = async ({ engine, access, services, timeoutMs, signal, remark, now }: BringUpOptions): Promise<void> => {
  const started = await startHealthy({ engine, services, signal, timeoutMs, progress: remark });
  if (started.ok) return;
  const rootCause = signal.aborted ? null : await findRootCause({ engine, stack: access, services, now, sleep, signal });
  throw stackFailed(started.error, rootCause);
};

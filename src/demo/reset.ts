import type { Outcome } from './outcome.ts';
import { resetPlan } from './plan.ts';
import { run, type RunOptions } from './run.ts';
import type { DemoCommand } from './step/step.ts';

export interface ResetOptions extends Omit<RunOptions, 'steps' | 'retry'> {
  readonly target: DemoCommand;
}

/**
 * Resets the demo data on running servers as a run of two steps, so reporters and reports know it already.
 * The tenant ids are shared by KMS and Identity: a KMS that runs is reset together with its Identity.
 *
 * Either the outcome is `passed` and exactly the seed is there under new tenant ids, or the old data is back.
 */
export const resetDemo = ({ target, ...options }: ResetOptions): Promise<Outcome> =>
  run(resetPlan({ command: target, profile: options.engine.profile }), options);

import type { Resets } from './resets.ts';
import type { Demo, DemoReset, DemoState } from '../demo.ts';
import type { DemoLocks } from './demo-locks.ts';
import type { DemoResetOutcome } from '../demo-reset.ts';
import { type DemoTenants, refuseUnknownTenants } from '../demo-tenants.ts';

/**
 * Puts the demo of one server together from the functions that know its rows: each change takes its turn among all processes.
 *
 * @param options.tenants names of the seed's tenants; ids for others are refused
 */
export const demoInTurns = (options: {
  readonly tenants: readonly string[];
  readonly locks: DemoLocks;
  readonly settle: Resets<unknown>['settle'];
  readonly state: () => Promise<DemoState>;
  readonly seed: (given: DemoTenants) => Promise<DemoTenants>;
  readonly replace: (given: DemoTenants) => Promise<DemoTenants>;
  readonly reset: (given: DemoTenants) => Promise<DemoReset>;
}): Demo => {
  const { tenants, locks, state } = options;
  const inTurn =
    <R>(change: (given: DemoTenants) => Promise<R>) =>
    (given: DemoTenants = {}): Promise<R> =>
      locks.exclusively(async () => {
        refuseUnknownTenants(tenants, given);
        return change(given);
      });
  const settle = (outcome: DemoResetOutcome) => (resetId: string) =>
    locks.exclusively(async () => {
      await options.settle(resetId, outcome);
      return state();
    });
  return {
    state,
    seed: inTurn(options.seed),
    replace: inTurn(options.replace),
    reset: inTurn(options.reset),
    rollback: settle('rolled-back'),
    commit: settle('committed'),
  };
};

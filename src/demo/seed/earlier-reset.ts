import type { StepWork } from '#demo/step/step.ts';
import { repairInterrupted } from './repair.ts';
import { refuseDeadServers } from './servers.ts';

/** Ends what an interrupted reset left, before another reset begins; nothing is changed while a server of the stack is down. */
export const run: StepWork = async (context) => {
  await refuseDeadServers(context.engine);
  return repairInterrupted(context);
};

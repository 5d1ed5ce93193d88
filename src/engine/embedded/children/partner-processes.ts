import { processesWithArguments } from '#engine/state/processes.ts';
import type { Layout } from '../files/layout.ts';

/** Process ids of the second Identity of this stack, also of one that a killed run left. */
export const partnerProcesses = ({ partner }: Layout): Promise<readonly number[]> =>
  processesWithArguments(['serve', 'identity', partner.overlay]);

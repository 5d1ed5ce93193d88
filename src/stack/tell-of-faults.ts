import { faultText } from '#engine/fault-door.ts';
import { isLocked } from '#engine/state/lock.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import type { FullStackOptions } from './stack-options.ts';

/**
 * Takes back what a drill broke whose process was killed: whoever holds the lock of the state folder knows that no drill is at work. A
 * command that only looks says who will.
 *
 * @throws as `repair`, which is tried again by the next command
 */
export const tellOfFaults = async (
  { faults }: Pick<StackEngine, 'faults'>,
  { holder, stateDir, warn }: Pick<FullStackOptions, 'holder' | 'stateDir' | 'warn'>,
): Promise<void> => {
  const broken = (await faults.inflicted()).map(faultText).join(', ');
  if (broken === '') return;
  if (holder !== undefined) {
    await faults.repair();
    warn(`a drill was ended in the middle (${broken}): taken back; \`passthru demo all\` or the next drill starts what is down`);
  } else if (await isLocked(stateDir)) warn(`a drill is at work: ${broken}`);
  else warn(`a drill was ended in the middle: ${broken}; the next drill, demo, reset-demo or down takes it back`);
};

import { lookAtLock } from '#engine/state/lock.ts';
import { fine, foreseen, type Patient, warning } from '../patient/check.ts';

/** Two commands must not change one stack at once. */
export const checkLock = async ({ options: { stateDir }, machine }: Patient) => {
  const found = await lookAtLock(stateDir, machine.now());
  if (found.state === 'held') return foreseen('fault', found.failure);
  if (found.state === 'free') return fine('nobody holds it');
  return warning(`a lock was left behind; the next command says: ${found.text}`, 'Nothing has to be done: the next command replaces it.');
};

import { SERVICES } from '#engine/engine.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { checkPorts } from '../../ports.ts';
import { fine, foreseen, notChecked, type Patient } from '../patient/check.ts';

/** The ports of every service and of the second Identity, which a demo starts, and who holds one; our own services that run are no conflict. */
export const checkPortsFree = async (patient: Patient) => {
  if (patient.options.ports === 'free') return notChecked('the start chooses free ones');
  const engine = await patient.engine();
  if (!engine.ok) return notChecked('there is no engine that would listen');
  try {
    await checkPorts(engine.value, [...SERVICES, 'partner']);
    return fine('free, or held by this stack');
  } catch (error) {
    return foreseen('fault', failureFrom(error));
  }
};

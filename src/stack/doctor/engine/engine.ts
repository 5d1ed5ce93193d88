import { failure } from '#infra/apperr/result.ts';
import { fine, foreseen, type Patient } from '../patient/check.ts';

/** The engine that a start would take; Docker with its Compose where that is it, or would be it. */
export const checkEngine = async (patient: Patient) => {
  const engine = await patient.engine();
  if (!engine.ok) return foreseen('fault', engine.error);
  const { kind, reason, isFallback } = engine.value;
  if (kind === 'embedded' && isFallback) {
    const docker = await patient.docker();
    // It may answer by now.
    const why = docker.ok ? failure('docker-not-running', reason, { fix: 'Run the command again: Docker answers now.' }) : docker.error;
    const finding = foreseen('warning', why);
    return { ...finding, text: `${finding.text}; the embedded engine is taken in its place` };
  }
  if (kind === 'embedded') return fine(`embedded: ${reason}`);
  const docker = await patient.docker();
  return fine(`docker: ${reason}${docker.ok && docker.value.isRootless ? ', rootless' : ''}`);
};

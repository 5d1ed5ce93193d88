import { SERVICES } from '#engine/engine.ts';
import { fine, notChecked, type Patient, warning } from '../patient/check.ts';

/** The images of a stack on Docker. */
export const checkImages = async (patient: Patient) => {
  const engine = await patient.engine();
  if (!engine.ok) return notChecked('there is no engine to ask');
  const missing = await engine.value.missingImages(SERVICES);
  if (missing === null) return notChecked('the embedded engine needs none');
  if (missing.length === 0) return fine('all there');
  return warning(
    `missing: ${missing.join(', ')}`,
    'The next start builds ours and pulls others, which takes a minute or two and wants a registry that can be reached.',
  );
};

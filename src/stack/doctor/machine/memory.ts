import { fine, type Patient, warning } from '../patient/check.ts';
import { sizeInWords } from '../patient/in-words.ts';

/** Three Node processes, and a fourth for the time of one step; bytes. */
const EMBEDDED = 600 * 1024 ** 2;
/** The same and two PostgreSQL, in the machine of the engine; bytes. */
const IN_CONTAINERS = 1.5 * 1024 ** 3;

/** Memory for the services where they would run; a system that has too little kills one of them, or swaps. */
export const checkMemory = async (patient: Patient) => {
  const engine = await patient.engine();
  const docker = engine.ok && engine.value.kind === 'docker' ? await patient.docker() : null;
  if (docker?.ok === true) {
    const { memory } = docker.value;
    if (memory === null) return fine('the Docker engine does not tell how much it has');
    if (memory >= IN_CONTAINERS) return fine(`the machine of the Docker engine has ${sizeInWords(memory)}`);
    return warning(
      `the machine of the Docker engine has ${sizeInWords(memory)}, a stack takes up to ${sizeInWords(IN_CONTAINERS)}`,
      'Give that machine more memory (Docker Desktop: Settings, Resources), or use --engine embedded.',
    );
  }
  const available = patient.machine.availableMemory();
  if (available >= EMBEDDED) return fine(`${sizeInWords(available)} available`);
  return warning(
    `${sizeInWords(available)} available, a stack takes up to ${sizeInWords(EMBEDDED)}`,
    'Close other programs, or raise the limit of this container.',
  );
};

import { NO_SPACE_FIX } from '#engine/state/disk-fixes.ts';
import { fault, fine, type Patient, warning } from '../patient/check.ts';
import { existingFolder } from '../patient/existing-folder.ts';
import { sizeInWords } from '../patient/in-words.ts';

/** A demo writes about eight MiB on the embedded engine: certificates, databases, logs; bytes. */
const NEEDED = 16 * 1024 ** 2;
/** Logs and traces of some weeks; bytes. */
const COMFORTABLE = 256 * 1024 ** 2;
const NEEDED_FILES = 200;

/** Space and inodes for what a stack writes. The disk of a Docker engine is another one, which it alone knows. */
export const checkDisk = async ({ options: { stateDir }, machine }: Patient) => {
  const folder = await existingFolder(stateDir);
  const { bytes, files } = await machine.roomIn(folder);
  if (files !== null && files < NEEDED_FILES) return fault(`the disk of ${folder} has room for ${files} more files`, NO_SPACE_FIX);
  const free = `the disk of ${folder} has ${sizeInWords(bytes)} free`;
  if (bytes < NEEDED) return fault(free, NO_SPACE_FIX);
  return bytes < COMFORTABLE ? warning(`${free}; logs and traces fill that in time`, NO_SPACE_FIX) : fine(free);
};

import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The folder itself where it is there, else the nearest above it: there it would be made. */
export const existingFolder = async (path: string): Promise<string> => {
  for (let at = path; ; at = dirname(at)) {
    const isThere = await stat(at).then(
      () => true,
      () => false,
    );
    if (isThere || dirname(at) === at) return at;
  }
};

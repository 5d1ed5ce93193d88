import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';

/**
 * The home of the user, absolute; null where there is none: a user of a container may have neither `HOME` nor an entry in
 * `/etc/passwd`, and then Node throws.
 *
 * @see https://nodejs.org/api/os.html#oshomedir
 */
export const homeFolder = (): string | null => {
  const home = systemHome();
  return home !== null && isAbsolute(home) ? home : null;
};

const systemHome = (): string | null => {
  try {
    return homedir();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR') return null;
    throw error;
  }
};

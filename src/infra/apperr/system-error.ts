/** The code of an error of the file system, the network or a library, for example `ENOENT`; empty where it has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Whether an error of the file system, the network or a process has one of these codes, for example `ENOENT`. */
export const hasCode = (error: unknown, ...codes: readonly unknown[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(error.code);

/** For `.catch`: this value in place of a file that is not there, nor can be, because a folder of its path is none; any other error goes on. */
export const missingIs =
  <T>(value: T) =>
  (error: unknown): T => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return value;
    throw error;
  };

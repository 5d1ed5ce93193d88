import { AppError } from '#infra/apperr/app-error.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import { createRotatedFile } from '#infra/lines/rotated-file.ts';
import { stdoutTarget } from '#infra/lines/stdout-target.ts';
import type { LineTarget } from '#infra/lines/line-target.ts';
import type { LogFileConfig } from './config.ts';
import { type LineSink, lineSink } from './logger.ts';

/** Errors of a disk that has no space now and may have some later. */
const NO_SPACE = ['ENOSPC', 'EDQUOT'];

const fileTarget = async ({ file, max_file_bytes: maxBytes, older_files: olderFiles }: LogFileConfig): Promise<LineTarget> => {
  const target = createRotatedFile({ path: file, maxBytes, olderFiles });
  await target.open().catch((cause: unknown) => {
    if (hasCode(cause, ...NO_SPACE)) return;
    throw new AppError('log-file-unusable', 500, `the log file ${file} cannot be written`, {
      cause,
      fix: 'Make its folder, writable for the user of this service, or name another file under log.file.',
    });
  });
  return target;
};

/**
 * Opens the log of a process: its stdout, or files that rotate. A full disk keeps no service from starting.
 *
 * @throws AppError `log-file-unusable` for a file that cannot be opened for another reason
 */
export const openLog = async (where: 'stdout' | LogFileConfig, of: Omit<Parameters<typeof lineSink>[0], 'target'>): Promise<LineSink> =>
  lineSink({ ...of, target: where === 'stdout' ? stdoutTarget() : await fileTarget(where) });

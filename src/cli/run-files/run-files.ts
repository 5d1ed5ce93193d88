import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createRecorder, type Recorder } from '#demo/evidence/recorder.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { failure, failureFrom } from '#infra/apperr/result.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { packageVersion } from '#infra/process/package-version.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { withPrintedCommands } from '#cli/settings/printed-fixes.ts';
import { requireFilesApart } from './files-apart.ts';
import { junitFile } from './junit-file.ts';
import { reportFile } from './report-file.ts';
import type { RunFile, RunFiles } from './run-file.ts';

/**
 * Lets `work` run, and write the files of its run. Those of an earlier run go first, so that none passes for this one's; a file of a
 * run that does not begin says why.
 *
 * @throws UsageError before the work begins, for a file in the folder of the evidence; AppError `file-not-written`, where the place of a
 *   file cannot be written to
 */
export const withRunFiles = async (context: CommandContext, work: (files: RunFiles) => Promise<ExitCode>): Promise<ExitCode> => {
  const { report, evidence } = context.settings;
  const recorder = report === undefined && evidence === undefined ? null : createRecorder();
  const files = wantedFiles(context, recorder);
  if (evidence !== undefined) await requireFilesApart(evidence, files);
  for (const file of files) await clear(file);
  let isWritten = false;
  try {
    return await work({
      recorder,
      emit: (event) => files.forEach(({ emit }) => emit?.(withPrintedCommands(event, context.printedCommand))),
      observe: async (engine, outcome) => {
        for (const file of files) await file.observe?.(engine, outcome);
      },
      write: async (report, exitCode) => {
        isWritten = true;
        const printed = withPrintedCommands(report, context.printedCommand);
        const there = await writeAll(context, files, (file) => file.textOf(printed));
        const ends = there.length === files.length ? exitCode : exitCode || EXIT.partial;
        const written = Object.fromEntries(there.map(({ key, path }) => [key, path]));
        return { report: { ...report, exit_code: ends }, exitCode: ends, written };
      },
    });
  } catch (thrown) {
    const error = withPrintedCommands(failureFrom(thrown), context.printedCommand);
    if (!isWritten) await writeAll(context, files, (file) => file.textOfNoRun(error));
    throw thrown;
  }
};

const wantedFiles = ({ command, settings }: CommandContext, recorder: Recorder | null): readonly RunFile[] => {
  const { junit, report, stateDir } = settings;
  const version = packageVersion();
  return [
    ...(report === undefined || recorder === null ? [] : [reportFile({ path: report, version, stateDir, recorder })]),
    ...(junit === undefined ? [] : [junitFile({ path: junit, version, command })]),
  ];
};

/** Before the run: a place that cannot be written to is told when it costs nothing yet. */
const clear = async ({ key, path }: RunFile): Promise<void> => {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
  } catch (error) {
    throw new AppError('file-not-written', 500, `--${key} ${path} cannot be written`, { cause: error, fix: fixOf(error) });
  }
};

/** @returns the files that are there */
const writeAll = async (
  { printer }: CommandContext,
  files: readonly RunFile[],
  textOf: (file: RunFile) => string | null,
): Promise<readonly RunFile[]> => {
  const there: RunFile[] = [];
  for (const file of files) {
    try {
      const text = textOf(file);
      if (text === null) continue;
      await writeFileAtomic(file.path, text, { durable: false });
      await file.written?.();
      there.push(file);
    } catch (error) {
      const fix = fixOf(error);
      const told = failure('file-not-written', `--${file.key} ${file.path} was not written`, { cause: failureFrom(error), fix });
      printer.failure(told, { exitCode: EXIT.partial, readerOnly: true });
    }
  }
  return there;
};

const fixOf = (error: unknown): string => {
  if (hasCode(error, 'EISDIR', 'ENOTDIR', 'EEXIST', 'ERR_FS_EISDIR')) return 'Name a file, in a folder that is there or can be made.';
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return 'Make space on that disk, or name a file on another.';
  return 'Name a file in a folder that you may write to.';
};

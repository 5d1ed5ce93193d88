import { open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { missingIs } from '#infra/apperr/system-error.ts';
import { rotatedFiles } from '#infra/lines/rotated-file.ts';
import type { ServiceName } from '../../engine.ts';
import { type Layout, LOG_BOUNDS } from '../files/layout.ts';
import { followFiles } from './follow-files.ts';

/**
 * A service writes its log itself, into files that rotate. What it says outside of its log (why it did not start, how it crashed) goes
 * to the output of its process, which is another file: the system has that open, and would follow it through every renaming.
 */
export interface LogFiles {
  readonly log: string;
  readonly olderFiles: number;
  readonly output: string;
}

export const logFilesOf = (layout: Layout, service: ServiceName): LogFiles => ({
  log: layout.log(service),
  olderFiles: LOG_BOUNDS.older_files,
  output: layout.output(service),
});

/** No line of ours is longer; the tail of a log is looked for in this many bytes for each line asked for. */
const TAIL_BYTES_PER_LINE = 4_096;
/** How often followed files are looked at, in milliseconds. */
const FOLLOW_MS = 200;

/**
 * The last lines of a file, oldest first; none when there is no file.
 *
 * @param options.from bytes before this are not looked at
 */
export const tailLines = async (file: string, options: { lines: number; from?: number }): Promise<readonly string[]> => {
  const size = (await stat(file).catch(missingIs(null)))?.size ?? 0;
  const earliest = Math.min(options.from ?? 0, size);
  const start = Math.max(earliest, size - options.lines * TAIL_BYTES_PER_LINE);
  if (size === start) return [];
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    // The first piece is the end of a line that began before what we read.
    if (start > earliest) lines.shift();
    return lines.filter((line) => line !== '').slice(-options.lines);
  } finally {
    await handle.close();
  }
};

/**
 * The last lines of one run of a service: those of its log that name its process, then its output.
 *
 * @param run.pid null where it is not known: then those of any process
 * @param run.outputFrom offset at which the output of this run begins, in bytes
 */
export const tailOfRun = async (
  { log, output }: LogFiles,
  run: { readonly pid: number | null; readonly outputFrom: number; readonly lines: number },
): Promise<readonly string[]> => {
  const { pid, outputFrom, lines } = run;
  const ofRun = (line: string): boolean => pid === null || line.includes(`"process.pid":${pid},`);
  const newest = (await tailLines(log, { lines })).filter(ofRun);
  const older = newest.length < lines ? (await tailLines(`${log}.1`, { lines: lines - newest.length })).filter(ofRun) : [];
  return [...older, ...newest, ...(await tailLines(output, { lines, from: outputFrom }))].slice(-lines);
};

const writtenAt = async (file: string): Promise<number> => (await stat(file).catch(missingIs(null)))?.mtimeMs ?? 0;

/** The file that was written last comes last: a crash after the log of its run, an old one before that of the runs since. */
const inOrder = async ({ log, olderFiles, output }: LogFiles): Promise<readonly (readonly string[])[]> => {
  const both = [rotatedFiles(log, olderFiles), rotatedFiles(output, 1)];
  return (await writtenAt(output)) < (await writtenAt(log)) ? both.toReversed() : both;
};

/**
 * The lines of a service, oldest first, ended by the end of its files or, with `follow`, by the signal.
 *
 * @param options.tail begin with this many last lines instead of the first one
 */
export const readLines = async function* (
  files: LogFiles,
  options: { tail?: number; follow?: boolean; signal?: AbortSignal } = {},
): AsyncIterable<string> {
  const { tail, follow = false, signal } = options;
  await using followers = new AsyncDisposableStack();
  const both = (await inOrder(files)).map((each) => followers.use(followFiles(each)));
  const soFar = async function* (): AsyncIterable<string> {
    for (const each of both) {
      yield* each.read();
      if (!follow && each.rest() !== '') yield each.rest();
    }
  };
  if (tail === undefined) yield* soFar();
  else yield* await lastOf(soFar(), tail);
  if (!follow) return;
  for (;;) {
    if (signal?.aborted === true) return;
    for (const each of both) yield* each.read();
    await pause(FOLLOW_MS, undefined, { signal, ref: true }).catch(() => undefined);
  }
};

const lastOf = async (lines: AsyncIterable<string>, count: number): Promise<readonly string[]> => {
  let last: string[] = [];
  for await (const line of lines) {
    last.push(line);
    if (last.length > 2 * count) last = last.slice(last.length - count);
  }
  return last.slice(Math.max(0, last.length - count));
};

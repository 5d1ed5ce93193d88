import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '#infra/apperr/system-error.ts';
import { rotatedFiles } from '#infra/lines/rotated-file.ts';
import { recordsIn, type SignalKind } from '../../otlp-records.ts';

/** The file that is being written. */
export const fileOf = (directory: string, kind: SignalKind): string => join(directory, `${kind}.jsonl`);
/** Files of a kind that are kept beside it. */
export const OLDER_FILES = 1;

/** The complete lines of a file; the line that is being written has no end yet. None when there is no file. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** The OTLP JSON export requests of one kind that the sink received, oldest first; a line without `containing` is not even parsed. */
export async function* readRecords(
  directory: string,
  kind: SignalKind,
  { containing = '' }: { readonly containing?: string } = {},
): AsyncGenerator<unknown> {
  for (const file of rotatedFiles(fileOf(directory, kind), OLDER_FILES)) {
    yield* recordsIn(linesOf(file), { containing });
  }
}

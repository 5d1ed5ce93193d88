import type { Readable, Writable } from 'node:stream';
import { eachLine } from '#infra/lines/each-line.ts';

/**
 * Writes the lines of a worker whole, after or before those of the others: pipes and files that several write take parts of them.
 *
 * @param to.line takes a line of the log
 * @param to.errors takes all other lines; it is not piped to, for of more than ten pipes to one stream Node warns
 */
export const passOutput = (
  { stdout, stderr }: { readonly stdout: Readable | null; readonly stderr: Readable | null },
  to: { readonly line: (line: string) => void; readonly errors: Writable },
): void => {
  if (stdout !== null) eachLine(stdout, to.line);
  if (stderr !== null) eachLine(stderr, (line) => void to.errors.write(`${line}\n`));
};

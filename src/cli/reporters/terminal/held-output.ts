import { randomUUID } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import type { OutputStream } from '#cli/process/cli-process.ts';

/**
 * A line that the runner of GitHub Actions could read as a command: `::` at its beginning, behind any white space, or the older `##[`
 * anywhere in it.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
const COMMAND = /^[\s\u0085]*::|##\[/m;

/** A stream whose text waits until the whole block of it is there. */
export interface HeldOutput {
  readonly stream: OutputStream;
  /**
   * Writes the block, between `stop-commands` and its token where a line of it could be read as a command.
   *
   * @param before called where there is a block
   */
  readonly flush: (before?: () => void) => void;
}

export const holdOutput = (stream: OutputStream): HeldOutput => {
  let block = '';
  return {
    stream: { write: (text) => void (block += text) },
    flush: (before) => {
      if (block === '') return;
      before?.();
      // Text of servers and logs must not command; nobody who wrote it can know the token.
      const token = COMMAND.test(stripVTControlCharacters(block)) ? randomUUID() : null;
      stream.write(token === null ? block : `::stop-commands::${token}\n${block}::${token}::\n`);
      block = '';
    },
  };
};

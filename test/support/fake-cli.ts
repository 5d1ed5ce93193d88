import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { CliProcess } from '#cli/process/cli-process.ts';

/** The process of the CLI without a process: it keeps the text that was written; signals are sent by hand, and its clock stands still. */
export interface FakeProcess extends CliProcess {
  readonly written: { readonly out: string; readonly err: string };
  readonly signals: EventEmitter;
  readonly gaveUp: () => number;
}

export const fakeProcess = (options: {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly columns?: number;
  /** What stdin gives; nothing where absent. */
  readonly stdin?: string;
}): FakeProcess => {
  const written = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    isTTY: options.tty ?? false,
    ...(options.columns === undefined ? {} : { columns: options.columns }),
    write: (text: string): boolean => {
      written[name] += text;
      return true;
    },
  });
  let gaveUp = 0;
  return {
    env: options.env ?? {},
    cwd: options.cwd,
    home: options.cwd,
    out: stream('out'),
    err: stream('err'),
    stdin: () =>
      Object.assign(Readable.from(options.stdin === undefined ? [] : [options.stdin]), {
        isTTY: options.tty ?? false,
        setRawMode: () => true,
      }),
    signals: new EventEmitter(),
    outClosed: new AbortController().signal,
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    giveUp: () => (gaveUp += 1),
    gaveUp: () => gaveUp,
    written,
  };
};

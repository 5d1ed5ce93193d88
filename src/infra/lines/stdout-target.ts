import { fstatSync, write, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import type { LineTarget } from './line-target.ts';
import { createLineWriter } from './line-writer.ts';

const STDOUT = 1;

const writeTo = promisify(write);

/** A pipe or a socket, which Node writes without blocking: a reader that sleeps does not hold up the process, only its end. */
export const streamTarget = (stream: Writable): LineTarget => {
  // A stream without a listener ends the process at its first error; each write is told of its own.
  stream.on('error', () => undefined);
  return {
    append: (lines) =>
      new Promise((resolve) => {
        stream.write(lines.map((line) => `${line}\n`).join(''), (error) =>
          resolve(error ? { lines: 0, error } : { lines: lines.length, error: null }),
        );
      }),
    appendLast: (lines) => {
      if (lines.length > 0) stream.write(lines.map((line) => `${line}\n`).join(''));
    },
  };
};

/** A file or a terminal, written by a thread of the pool: a disk that hangs, or a terminal that was stopped, holds only that thread. */
export const descriptorTarget = (descriptor: number): LineTarget => {
  const writer = createLineWriter(async (bytes) => (await writeTo(descriptor, bytes)).bytesWritten);
  return {
    append: (lines) => writer.write(writer.bytesOf(lines)),
    appendLast: (lines) => {
      if (lines.length === 0) return;
      try {
        writeSync(descriptor, writer.bytesOf(lines));
      } catch {
        // The process ends, and its log was the place to tell it.
      }
    },
  };
};

/** Stdout as this process has got it. */
export const stdoutTarget = (): LineTarget => {
  const stats = fstatSync(STDOUT);
  return stats.isFIFO() || stats.isSocket() ? streamTarget(process.stdout) : descriptorTarget(STDOUT);
};

import type { Appended } from './line-target.ts';

const NEWLINE = 10;

const endsOf = (bytes: Uint8Array): number => {
  let ends = 0;
  for (const byte of bytes) if (byte === NEWLINE) ends += 1;
  return ends;
};

/** What came of one write. */
export interface Written extends Appended {
  readonly bytes: number;
}

export interface LineWriter {
  /** The bytes of these lines; the first ones end a line of which a part was written before. */
  bytesOf(lines: readonly string[]): Buffer;
  /** Writes these bytes, in as many parts as it takes. */
  write(bytes: Buffer): Promise<Written>;
}

/**
 * Writes lines to something that may take a part of them, as a full disk does: half a line stays alone, and the next one begins anew.
 *
 * @param put writes from the begin of the bytes, and answers how many it has written; throws the error of the system
 * @param endsInLine whether what stands there already ends with the end of a line
 */
export const createLineWriter = (put: (bytes: Buffer) => Promise<number>, endsInLine = true): LineWriter => {
  let isWhole = endsInLine;
  return {
    bytesOf: (lines) => Buffer.from(`${isWhole ? '' : '\n'}${lines.map((line) => `${line}\n`).join('')}`),
    write: async (bytes) => {
      const repairs = isWhole ? 0 : 1;
      let at = 0;
      let error: Error | null = null;
      try {
        while (at < bytes.length) {
          const written = await put(bytes.subarray(at));
          if (written === 0) throw new Error('nothing was written');
          at += written;
        }
      } catch (thrown) {
        error = thrown instanceof Error ? thrown : new Error(String(thrown));
      }
      if (at > 0) isWhole = bytes[at - 1] === NEWLINE;
      return { bytes: at, lines: Math.max(0, endsOf(bytes.subarray(0, at)) - repairs), error };
    },
  };
};

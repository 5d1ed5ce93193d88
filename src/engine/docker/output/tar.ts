const BLOCK = 512;

export interface TarEntry {
  readonly name: string;
  /** The content; to be read before the next entry is asked for, or else it is passed over. */
  readonly content: AsyncIterable<Buffer>;
}

/** The files of a tar, in its order, none of them held in memory. @see POSIX.1-2001, ustar; sizes in base 256 as GNU writes them */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const source = chunks[Symbol.asyncIterator]();
  let pending: Buffer = Buffer.alloc(0);

  /** Up to `most` bytes of what comes; empty at the end. */
  const take = async (most: number): Promise<Buffer> => {
    while (pending.length === 0) {
      const { done, value } = await source.next();
      if (done === true) return pending;
      pending = value;
    }
    const taken = pending.subarray(0, most);
    pending = pending.subarray(taken.length);
    return taken;
  };
  const exactly = async (bytes: number): Promise<Buffer | null> => {
    const parts: Buffer[] = [];
    for (let missing = bytes; missing > 0;) {
      const part = await take(missing);
      if (part.length === 0) return null;
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  };

  try {
    for (;;) {
      const header = await exactly(BLOCK);
      if (header === null) return;
      if (header.every((byte) => byte === 0)) {
        // The rest after the end is read, too: an answer that was not read to its end would keep its connection, and so the process.
        while ((await take(BLOCK)).length > 0);
        return;
      }
      const size = sizeIn(header);
      let left = size;
      const content = (async function* () {
        while (left > 0) {
          const part = await take(left);
          if (part.length === 0) throw new Error('the tar ends in the middle of a file');
          left -= part.length;
          yield part;
        }
      })();
      const type = String.fromCharCode(header[156] ?? 0);
      if (type === '0' || type === '\0') yield { name: textIn(header, 0, 100), content };
      while (left > 0) {
        const part = await take(left);
        if (part.length === 0) return;
        left -= part.length;
      }
      await exactly((BLOCK - (size % BLOCK)) % BLOCK);
    }
  } finally {
    await source.return?.();
  }
}

const textIn = (header: Buffer, start: number, length: number): string => {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString('utf8');
};

/** Octal digits, or with the first bit set a number in base 256. */
const sizeIn = (header: Buffer): number => {
  const field = header.subarray(124, 136);
  if ((field[0] ?? 0) < 0x80) return Number.parseInt(textIn(header, 124, 12).trim() || '0', 8);
  return Number(BigInt(`0x${field.toString('hex')}`) & ((1n << 88n) - 1n));
};

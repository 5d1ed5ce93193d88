const item = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** A list of texts, each behind its length: no two lists have the same bytes. */
export const listed = (texts: readonly string[]): Buffer => Buffer.concat(texts.map(item));

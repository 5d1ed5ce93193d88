/** A value in DER. */
export interface DerValue {
  /** Class, form and number as one byte; no certificate of ours has a longer tag. */
  readonly tag: number;
  readonly content: Buffer;
}

/**
 * The values that stand one after the other.
 *
 * @throws RangeError for a text that ends within a value, or a length that is not definite
 * @see ITU-T X.690 section 8.1
 */
export const derValues = (bytes: Buffer): readonly DerValue[] => {
  const values: DerValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [tag, first] = [bytes.readUInt8(at), bytes.readUInt8(at + 1)];
    if (first === 0x80) throw new RangeError('an indefinite length is no DER');
    const lengthBytes = first > 0x80 ? first & 0x7f : 0;
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    at = start + length;
    if (at > bytes.length) throw new RangeError('a value is longer than the text that holds it');
    values.push({ tag, content: bytes.subarray(start, at) });
  }
  return values;
};

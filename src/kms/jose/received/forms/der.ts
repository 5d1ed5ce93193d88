import { KeyRefused } from './key-refused.ts';

/** The tags that keys are written with. @see X.690 section 8.1.2 */
export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectId: 0x06,
  sequence: 0x30,
  /** `[0]` of a primitive, and `[0]`, `[1]` of constructed ones. */
  primitive0: 0x80,
  primitive1: 0x81,
  constructed0: 0xa0,
  constructed1: 0xa1,
} as const;

export interface Element {
  readonly tag: number;
  /** A view of the bytes that were read. */
  readonly content: Uint8Array;
}

const malformed = (what: string): KeyRefused =>
  new KeyRefused('form', `is not DER: ${what}`, 'Export the key as DER again, and wrap all bytes of it.');

/** Bytes of a length in its long form that keys need; more than this is no key. */
const MAX_LENGTH_BYTES = 2;

const lengthAt = (bytes: Uint8Array, at: number): { readonly length: number; readonly start: number } => {
  const first = bytes[at];
  if (first === undefined) throw malformed('it ends within an element');
  if (first < 0x80) return { length: first, start: at + 1 };
  const count = first & 0x7f;
  if (count === 0 || count > MAX_LENGTH_BYTES || at + count >= bytes.length) throw malformed('it ends within an element');
  let length = 0;
  for (const byte of bytes.subarray(at + 1, at + 1 + count)) length = length * 256 + byte;
  if (length < 0x80 || (count > 1 && length < 0x100)) throw malformed('a length is written longer than it must be');
  return { length, start: at + 1 + count };
};

/**
 * The elements that bytes consist of, one after the other, each with the shortest length.
 *
 * @throws KeyRefused `form`
 * @see X.690 sections 8.1 and 10.1
 */
export const elementsOf = (bytes: Uint8Array): readonly Element[] => {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] ?? 0;
    const { length, start } = lengthAt(bytes, at + 1);
    if (start + length > bytes.length) throw malformed('it ends within an element');
    elements.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
};

/** The one element that all bytes are. @throws KeyRefused `form` */
export const elementOf = (bytes: Uint8Array): Element => {
  const [element, more] = elementsOf(bytes);
  if (!element) throw malformed('it is empty');
  if (more) throw malformed('bytes follow after its end');
  return element;
};

/** The magnitude of an INTEGER that is not negative. @throws KeyRefused `form` */
export const numberOf = ({ content }: Element): Uint8Array => {
  const [first, second = 0] = content;
  if (first === undefined) throw malformed('a number is empty');
  if (first >= 0x80) throw malformed('a number is negative');
  if (first !== 0) return content;
  if (content.length > 1 && second < 0x80) throw malformed('a number begins with more zeros than it must');
  return content.subarray(1);
};

/** Makes one element of parts. The caller zeroes it, and the parts, where they are secret. */
export const der = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** An INTEGER of a magnitude. */
export const derNumber = (magnitude: Uint8Array): Uint8Array => {
  const isHigh = magnitude.length === 0 || (magnitude[0] ?? 0) >= 0x80;
  return isHigh ? der(TAG.integer, Uint8Array.of(0), magnitude) : der(TAG.integer, magnitude);
};

/** A BIT STRING of whole bytes. */
export const derBits = (bytes: Uint8Array): Uint8Array => der(TAG.bitString, Uint8Array.of(0), bytes);

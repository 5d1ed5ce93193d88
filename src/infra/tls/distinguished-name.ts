import type { X509Certificate } from 'node:crypto';

/** One attribute, such as `CN=worker`: its type in upper case, and its value without escapes. */
type Attribute = readonly [type: string, value: string];
/** Attributes of one level, in a fixed order. */
type Rdn = readonly Attribute[];

/**
 * A distinguished name as it can be compared: its levels from the most specific on, as RFC 4514 writes them.
 *
 * @see RFC 4514 section 2
 */
export type DistinguishedName = readonly Rdn[];

const TYPE = /^\s*([A-Za-z][A-Za-z0-9-]*)=/;
const ESCAPES = /\\([0-9A-Fa-f]{2}|[\s\S])/g;

/** Pieces of a text between separators that are not escaped. */
const split = (text: string, separator: string): readonly string[] => {
  const pieces = [''];
  for (const [token] of text.matchAll(/\\[\s\S]|[^\\]/g)) {
    if (token === separator) pieces.push('');
    else pieces.push(`${pieces.pop() ?? ''}${token}`);
  }
  return pieces;
};

/** Octets of UTF-8 may be escaped one by one: `\C3\BC` is ü. */
const unescaped = (text: string): string => {
  const bytes: Buffer[] = [];
  let end = 0;
  for (const match of text.matchAll(ESCAPES)) {
    const [whole, escaped = ''] = match;
    bytes.push(Buffer.from(text.slice(end, match.index)), escaped.length === 2 ? Buffer.from(escaped, 'hex') : Buffer.from(escaped));
    end = match.index + whole.length;
  }
  return Buffer.concat([...bytes, Buffer.from(text.slice(end))]).toString('utf8');
};

/** Spaces around a value belong to it only where they are escaped. */
const trimmed = (value: string): string => value.replace(/^ +/, '').replace(/(?<!\\) +$/, '');

const attributeOf = (text: string): Attribute | undefined => {
  const [before = '', type = ''] = TYPE.exec(text) ?? [];
  const value = trimmed(text.slice(before.length));
  // A value in BER, `#04024869`, is for types that have no name; those are not compared here.
  return type === '' || value === '' || value.startsWith('#') ? undefined : [type.toUpperCase(), unescaped(value)];
};

const rdnOf = (text: string): Rdn | undefined => {
  const attributes = split(text, '+').map(attributeOf);
  if (!attributes.every((attribute) => attribute !== undefined)) return undefined;
  return attributes.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
};

const nameOf = (levels: readonly string[]): DistinguishedName | undefined => {
  const rdns = levels.map(rdnOf);
  return rdns.every((rdn) => rdn !== undefined) ? rdns : undefined;
};

/** @returns undefined for a text that is no distinguished name, or has a type without a name */
export const parseDistinguishedName = (text: string): DistinguishedName | undefined => nameOf(split(text, ','));

/** The subject of a certificate. Node writes a level a line, the most general first, with the escapes of RFC 2253. */
export const subjectOf = (certificate: X509Certificate): DistinguishedName | undefined =>
  certificate.subject === undefined ? undefined : nameOf(certificate.subject.split('\n').toReversed());

/** Letter by letter. */
export const isSameName = (one: DistinguishedName, other: DistinguishedName): boolean => JSON.stringify(one) === JSON.stringify(other);

/** An element of XML: its content is either text or further elements. */
export interface XmlElement {
  readonly name: string;
  /** In this order; one that is undefined is left out. */
  readonly attributes?: Readonly<Record<string, string | number | undefined>>;
  readonly content?: string | readonly XmlElement[];
}

/** Everything but the Char production: XML 1.0 cannot carry it, not even as a reference. @see https://www.w3.org/TR/xml/#charsets */
// eslint-disable-next-line no-control-regex -- these are the characters that it is about
const NO_CHARACTER = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

/** The picture of a control character (U+2400 and above), so that a reader still sees which it was; else the replacement character. */
const pictured = (character: string): string => {
  const code = character.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\uFFFD';
};

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeText = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(NO_CHARACTER, pictured)
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    // A parser would read a line end for it (section 2.11).
    .replaceAll('\r', '&#13;');

/** A parser reads white space in an attribute as spaces, unless it is a reference (section 3.3.3). */
const escapeAttribute = (text: string): string => escapeText(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');

/** A document in UTF-8, one element a line. Every text is escaped; names of elements and attributes are ours. */
export const xmlDocument = (root: XmlElement): string => `<?xml version="1.0" encoding="UTF-8"?>\n${lines(root, '')}`;

const lines = ({ name, attributes = {}, content = [] }: XmlElement, indent: string): string => {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeAttribute(String(value))}"`],
  );
  const open = `${indent}<${name}${written.join('')}`;
  if (content.length === 0) return `${open}/>\n`;
  if (typeof content === 'string') return `${open}>${escapeText(content)}</${name}>\n`;
  return `${open}>\n${content.map((child) => lines(child, `${indent}  `)).join('')}${indent}</${name}>\n`;
};

/** Characters that steer a terminal, or that show a text in another order than it has, or nothing at all. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': ' ' };

const hex = (character: string, digits: number): string => (character.codePointAt(0) ?? 0).toString(16).padStart(digits, '0');

/** A text from elsewhere on one line, with its control characters spelled out: `\x1b[2J`. A tab is a space. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (one) => SHORT[one] ?? (one <= '\xff' ? `\\x${hex(one, 2)}` : `\\u{${hex(one, 4)}}`));

/** A JSON text in which the same characters are escaped: the value that it stands for stays the same. */
export const visibleJson = (json: string): string =>
  json.replace(HIDDEN, (one) => Array.from({ length: one.length }, (_, at) => `\\u${hex16(one.charCodeAt(at))}`).join(''));

const hex16 = (unit: number): string => unit.toString(16).padStart(4, '0');

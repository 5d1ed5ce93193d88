import type { Readable } from 'node:stream';

/**
 * Calls with each line of a text in UTF-8, which ends at a line feed alone: in a text of JSON other ends that Unicode knows (U+2028, U+2029)
 * stand as they are, and `readline` would cut it there. An end without a line feed is a line, too.
 *
 * @see RFC 8259 section 7
 */
export const eachLine = (input: Readable, call: (line: string) => void): void => {
  let begun = '';
  input.setEncoding('utf8');
  input.on('data', (text: string) => {
    const lines = (begun + text).split('\n');
    begun = lines.pop() ?? '';
    lines.forEach(call);
  });
  input.on('end', () => begun !== '' && call(begun));
};

import { describe, expect, it } from 'vitest';
import { visible, visibleJson } from '#cli/reporters/terminal/visible.ts';

const NASTY = 'a\x1b[2J\x9b31m\u202eb\u200b\r\nc\td\x7f\u2028\ud800\u{e0001}é漢😀';

describe('A text from a log', () => {
  it('spells out what would steer a terminal or hide from a reader, and is one line', () => {
    expect(visible(NASTY)).toBe('a\\x1b[2J\\x9b31m\\u{202e}b\\u{200b}\\r\\nc d\\x7f\\u{2028}\\u{d800}\\u{e0001}é漢😀');
  });

  it('is in JSON the same value, without such a character in the text', () => {
    const json = visibleJson(JSON.stringify({ text: NASTY }));
    expect(JSON.parse(json)).toEqual({ text: NASTY });
    expect(json).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]*$/u);
  });
});

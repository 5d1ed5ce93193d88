import { describe, expect, it } from 'vitest';
import { tampered } from '#demo/flows/kms/tampered.ts';

describe('tampered', () => {
  it('changes one character and the length of nothing', () => {
    const text = `aaa.bbb.${'A'.repeat(20)}`;
    const changed = tampered(text);
    expect(changed).toHaveLength(text.length);
    expect([...changed].filter((character, at) => character !== text[at])).toHaveLength(1);
  });
});

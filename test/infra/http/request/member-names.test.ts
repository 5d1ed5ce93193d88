import { describe, expect, it } from 'vitest';
import { loneSurrogate, repeatedMember } from '#infra/http/request/member-names.ts';

/** Deeper than any body that a route takes: work that grows with the square of it takes minutes. */
const DEPTH = 150_000;

const deep = (innermost: string): string => `${'{"a":'.repeat(DEPTH)}${innermost}${'}'.repeat(DEPTH)}`;

describe('The members of a very deep text', () => {
  it('are read in one pass, and the pointer to one of them is cut', () => {
    const json = deep('"\\ud800"');
    const pointer = loneSurrogate(json, JSON.parse(json));
    expect([pointer?.length, pointer?.startsWith('/a/a/a/')]).toEqual([256, true]);
    const paired = deep('"\\ud83d\\udd11"');
    expect(loneSurrogate(paired, JSON.parse(paired))).toBeNull();
  });

  it('are compared with those written, and a name that comes twice is found', () => {
    const json = deep('{"b":1,"b":2}');
    expect(repeatedMember(json, JSON.parse(json))).toHaveLength(256);
    const once = deep('{"b":1}');
    expect(repeatedMember(once, JSON.parse(once))).toBeNull();
  });
});

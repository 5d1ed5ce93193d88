import { expect, test } from 'vitest';
import { storedTexts, storedWord } from '#infra/database/stored-values.ts';

const STATES = ['active', 'retired'] as const;

test('a word of the set is read as it is, any other is a bug that names where it stands', () => {
  expect(storedWord('retired', STATES, 'the state of key 7')).toBe('retired');
  expect(() => storedWord('RETIRED', STATES, 'the state of key 7')).toThrow(
    'the state of key 7 is "RETIRED", which is none of active, retired',
  );
});

test('a list of texts is read as it is, any other JSON is a bug that names where it stands', () => {
  expect(storedTexts('["a","b"]', 'the roles of account 7')).toEqual(['a', 'b']);
  for (const json of ['"a"', '{}', '["a",1]', 'null']) {
    expect(() => storedTexts(json, 'the roles of account 7')).toThrow('the roles of account 7 is no list of texts');
  }
});

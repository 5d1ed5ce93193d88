import { describe, expect, it } from 'vitest';
import { spelled, usernameFault } from '#kms/access/realms/username.ts';

describe('A user name', () => {
  it.each([
    'alice',
    'Alice Müller',
    'alice@example.com',
    'svc_backup-01',
    'jürgen',
    'Ελένη',
    'Дмитрий',
    '田中さくらABC',
    '김철수 Kim',
    'محمد',
    'user-019b2e0a',
    'constructor',
    '__proto__',
    '🔑keeper',
  ])('may be %s', (name) => {
    expect(usernameFault(name)).toBeNull();
  });

  it.each([
    ['a Cyrillic letter among Latin ones', 'аdmin', 'scripts'],
    ['a Greek letter among Latin ones', 'adminο', 'scripts'],
    ['Cyrillic and Greek', 'Дμ', 'scripts'],
    ['Hebrew and Latin', 'aא', 'scripts'],
    ['a decomposed letter', 'ju\u0308rgen', 'normalization'],
    ['the sign of the Ångström', '\u212B', 'normalization'],
    ['a space of no width', 'ali\u200Bce', 'cannot be seen'],
    ['a joiner of no width', 'ali\u200Dce', 'cannot be seen'],
    ['a mark that turns the direction', 'alice\u202Enimda', 'cannot be seen'],
    ['a soft hyphen', 'ad\u00ADmin', 'cannot be seen'],
    ['a Hangul filler', 'alice\u3164', 'cannot be seen'],
    ['a selector of variants', 'alice\uFE0F', 'cannot be seen'],
    ['a letter of a private plane', 'alice\uE000', 'cannot be seen'],
    ['half of a pair', 'alice\uD83D', 'cannot be seen'],
    ['a line separator', 'ali\u2028ce', 'cannot be seen'],
    ['a space that does not break', 'alice\u00A0smith', 'spaces'],
    ['a space at its end', 'alice ', 'spaces'],
    ['a space at its beginning', ' alice', 'spaces'],
  ])('with %s is refused', (_, name, says) => {
    expect(usernameFault(name)?.message).toContain(says);
  });

  it('has one spelling', () => {
    expect(spelled('ju\u0308rgen')).toBe('jürgen');
    expect(spelled('Alice')).toBe('Alice');
  });
});

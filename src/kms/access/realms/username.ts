import { Type } from 'typebox';

export const usernameSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^:\\x00-\\x1F\\x7F]+$',
  description: 'text without colon or control characters (RFC 7617 section 2)',
});

/** Invisible characters, those that turn the direction of writing, and all that no system has yet: two names would look alike. */
const UNSEEN = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u;
/** Spaces but the one of ASCII, and that one at the ends. */
const ODD_SPACE = /^ | $|(?! )\p{Zs}/u;

/**
 * Scripts that may stand in one name: what people write together. Latin with Cyrillic or Greek is not among them, whose letters look alike.
 *
 * @see UTS 39 section 5.2, "Highly Restrictive"
 */
const TOGETHER: readonly RegExp[] = [
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Common}\p{scx=Inherited}]*$/u,
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Bopomofo}\p{scx=Common}\p{scx=Inherited}]*$/u,
  /^[\p{scx=Latin}\p{scx=Han}\p{scx=Hangul}\p{scx=Common}\p{scx=Inherited}]*$/u,
];

const ALONE: readonly RegExp[] = [
  'Cyrillic',
  'Greek',
  'Arabic',
  'Armenian',
  'Bengali',
  'Devanagari',
  'Ethiopic',
  'Georgian',
  'Gujarati',
  'Gurmukhi',
  'Hebrew',
  'Kannada',
  'Khmer',
  'Lao',
  'Malayalam',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Tamil',
  'Telugu',
  'Thaana',
  'Thai',
  'Tibetan',
].map((script) => new RegExp(`^[\\p{scx=${script}}\\p{scx=Common}\\p{scx=Inherited}]*$`, 'u'));

/** The one spelling of a name: canonically equivalent characters are one. @see RFC 8265 section 3.3 */
export const spelled = (username: string): string => username.normalize('NFC');

/**
 * Why nobody may be called so, as the end of the sentence "the name …"; null where somebody may. Names stay as they are written, capitals too:
 * this keeps out those that a reader takes for another.
 *
 * @see RFC 8265, UTS 39
 */
export const usernameFault = (username: string): { readonly message: string; readonly fix: string } | null => {
  if (!username.isWellFormed() || UNSEEN.test(username))
    return { message: 'has characters that cannot be seen', fix: 'Type the name anew, with visible characters alone.' };
  if (spelled(username) !== username)
    return { message: 'is not in Unicode normalization form C', fix: 'Normalize it (NFC), so that there is one spelling of it.' };
  if (ODD_SPACE.test(username))
    return { message: 'has spaces at its ends, or other ones than that of ASCII', fix: 'Leave them out, or write a hyphen.' };
  if (![...TOGETHER, ...ALONE].some((script) => script.test(username)))
    return { message: 'mixes scripts whose letters look alike', fix: 'Write it in one script.' };
  return null;
};

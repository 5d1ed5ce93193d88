import { Type } from 'typebox';

/** The members of a user that both realms have, and the API as well; for people, and decided by nowhere. */
export const emailSchema = Type.String({
  maxLength: 254,
  pattern: '^[^\\x00-\\x20@\\x7F]+@[^\\x00-\\x20@\\x7F]+$',
  description: 'an e-mail address',
});

export const displayNameSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^\\x00-\\x1F\\x7F]+$',
  description: 'a name for people, without control characters',
});

export const enabledMeaning = 'false: the user is refused as one with a wrong password is';

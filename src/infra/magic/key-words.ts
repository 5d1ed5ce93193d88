/** The forms of what callers call an elastic key, which stand in scopes as well. */

/** A name, which has not the form of a UUID. No colon: it parts the pieces of a scope. */
export const KEY_NAME = '^[A-Za-z0-9][A-Za-z0-9._-]*$';
export const MAX_KEY_NAME = 128;

/** The name of a label. No colon: it parts name and value in a query; no equals sign: it does so in a scope. */
export const LABEL_NAME = '^[A-Za-z0-9][A-Za-z0-9._/-]*$';
export const MAX_LABEL_NAME = 63;
/** The value of a label is any text without NUL, of so many characters at most. */
export const MAX_LABEL_VALUE = 255;

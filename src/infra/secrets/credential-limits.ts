/**
 * How long a credential may be, wherever one comes in. Nobody has a longer one, so it is refused as a wrong one is, before anything is
 * decoded, looked up, hashed or remembered: who sends many of them costs a server no work and no memory.
 */

/** Bytes of the name of a user or a client: 256 characters of any script. */
export const MAX_NAME_BYTES = 1_024;
/** Bytes of a password or of the secret of a client. */
export const MAX_SECRET_BYTES = 1_024;
/** Characters of an access token. */
export const MAX_TOKEN_LENGTH = 8_192;
/** Characters of the base64 of a name, a colon and a password. @see RFC 7617 section 2 */
export const MAX_BASIC_LENGTH = Math.ceil((MAX_NAME_BYTES + 1 + MAX_SECRET_BYTES) / 3) * 4;

const fits = (text: string, maxBytes: number): boolean => text !== '' && text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes;

/** Whether somebody can have this name and this secret at all. The answer depends on their length alone, and so tells of nobody. */
export const isCredible = (name: string, secret: string): boolean => fits(name, MAX_NAME_BYTES) && fits(secret, MAX_SECRET_BYTES);

/** Strict forms of the ids on the wire, in lower case, as JSON Schema patterns. @see RFC 9562 sections 5.4 and 5.7 */
export const UUID_V4 = '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';
export const UUID_V7 = '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';
/** Of any version. @see RFC 9562 section 4 */
export const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';

const v4 = new RegExp(UUID_V4);
const v7 = new RegExp(UUID_V7);

export const isUuidV4 = (text: string): boolean => v4.test(text);
export const isUuidV7 = (text: string): boolean => v7.test(text);

const canonical = new RegExp(UUID);

/** Whether a text is a UUID of any version as the standard writes it, in lower case. */
export const isCanonicalUuid = (text: string): boolean => canonical.test(text);

/** Whether a text has the form of a UUID of any version, in any case. @see RFC 9562 section 4 */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

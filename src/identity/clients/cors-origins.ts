import { Type } from 'typebox';

/** An origin as browsers send it: no path, no default port, lower case. @see RFC 6454 section 6.2 */
const ORIGIN = '^https?://[a-z0-9.\\[\\]:-]+$';

const origin = Type.String({ pattern: ORIGIN, maxLength: 256, description: 'an origin as browsers send it, such as https://app.example' });

/** @param description says whose answers they may read */
export const corsOriginsSchema = (description: string) => Type.Array(origin, { uniqueItems: true, default: [], maxItems: 32, description });

/** Whether a text is an origin in the one form that browsers send. */
export const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

import { aesCbcHmac } from './aes-cbc-hmac.ts';
import { aesGcm } from './aes-gcm.ts';
import type { ContentEncryption } from './content-encryption.ts';

/** Every `enc` that is offered. @see RFC 7518 section 5.1 */
export const CONTENT_ENCRYPTIONS = {
  A128GCM: aesGcm(128),
  A192GCM: aesGcm(192),
  A256GCM: aesGcm(256),
  'A128CBC-HS256': aesCbcHmac(128),
  'A192CBC-HS384': aesCbcHmac(192),
  'A256CBC-HS512': aesCbcHmac(256),
} as const satisfies Readonly<Record<string, ContentEncryption>>;

import { type Static, Type } from 'typebox';
import { document } from './document.ts';

/** `passthru hash-password --output json` */
export const hashPasswordSchema = document('hash-password', 'passthru hash-password', {
  hash: Type.String({ description: '$pbkdf2-sha256$i=<iterations>$<salt>$<hash>, base64 without padding' }),
});

export type HashPasswordDocument = Static<typeof hashPasswordSchema>;

import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { SERVICE } from '#kms/integrity/tagged-tables.ts';

const [IV_BYTES, TAG_BYTES] = [12, 16];

/** What keys of browser sessions are for; each purpose has a key of its own. */
type Purpose = 'session id' | 'request token' | 'password mark' | 'form token' | 'refresh token' | 'authorization';

/**
 * Keys of browser sessions, all derived from one key behind the barrier: the same in every replica and after a restart, another in every
 * stack. Every method throws AppError `sealed` 503 while the barrier is sealed.
 */
export interface SessionKeys {
  /** HMAC-SHA-256 of a text, as base64url. */
  mac(purpose: Purpose, text: string): string;
  /** AES-256-GCM under a key for this purpose and place alone, as base64url of IV, ciphertext and tag. @param place bound to it, no secret */
  seal(purpose: Purpose, place: string, text: string): string;
  /** Null for what was not sealed for this purpose and place. */
  open(purpose: Purpose, place: string, sealed: string): string | null;
}

export const createSessionKeys = ({ rowKey }: { readonly rowKey: (tenantId: string) => KeyObject }): SessionKeys => {
  const derive = (info: string): Buffer => createHmac('sha256', rowKey(SERVICE)).update(`passthru browser sessions v1\0${info}`).digest();
  // A place is no secret and may come again after long; a key for each keeps random IVs far from their limit.
  const keyOf = (purpose: Purpose, place: string): Buffer => derive(`${purpose}\0${place}`);
  return {
    mac: (purpose, text) => createHmac('sha256', derive(purpose)).update(text).digest('base64url'),
    seal: (purpose, place, text) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyOf(purpose, place), iv);
      return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
    },
    open: (purpose, place, sealed) => {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return null;
      const decipher = createDecipheriv('aes-256-gcm', keyOf(purpose, place), bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const start = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
      try {
        return Buffer.concat([start, decipher.final()]).toString('utf8');
      } catch {
        // The tag does not fit: somebody else made it, or it was changed.
        return null;
      }
    },
  };
};

import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { InternalError } from '#infra/apperr/app-error.ts';

/** Version of the form, and its beginning: an answer from before answers were sealed is JSON and begins with a brace. */
const FORM = 'v1.';
const [IV_BYTES, TAG_BYTES] = [12, 16];

/**
 * Encrypts the answer of a change for the row that remembers it, since some answers hold a secret that is shown once and is nowhere else
 * in the database: AES-256-GCM, with a random IV, bound to the id of the row.
 *
 * @param key 32 bytes, of the tenant and for this alone
 * @param id of the row
 * @see NIST SP 800-38D section 8.2.2: one key seals far fewer than 2^32 answers, since each is a change with a key of its own
 */
export const sealAnswer = (key: KeyObject, id: string, text: string): string => {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(FORM + id));
  return FORM + Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
};

/** The answer that was sealed for this row; one of a version that sealed none is as it stands, its row has a tag all the same. */
export const openAnswer = (key: KeyObject, id: string, stored: string): string => {
  if (!stored.startsWith(FORM)) return stored;
  const bytes = Buffer.from(stored.slice(FORM.length), 'base64url');
  const [end, iv] = [bytes.length - TAG_BYTES, bytes.subarray(0, IV_BYTES)];
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(FORM + id));
  decipher.setAuthTag(bytes.subarray(end));
  try {
    return decipher.update(bytes.subarray(IV_BYTES, end), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    // The tag of the row was right, so that the KMS itself wrote this.
    throw new InternalError('a remembered answer does not open under the key of its tenant', { cause });
  }
};

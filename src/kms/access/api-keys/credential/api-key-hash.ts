import { createHmac, type KeyObject } from 'node:crypto';

/**
 * The keyed hash of an API key, 32 bytes. Its secret has 256 bits, so no guess needs slowing down, and one HMAC a request is enough; the
 * key is behind the barrier, so a copy of the database proves and verifies nothing.
 *
 * @param key of the tenant and for this alone
 * @param hashed the API key without its checksum: the hash is bound to tenant and row, whose ids stand there
 */
export const apiKeyHash = (key: KeyObject, hashed: string): Buffer => createHmac('sha256', key).update(hashed).digest();

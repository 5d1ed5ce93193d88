import { createCipheriv, createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type Asn1, integer, nothing, octets, oid, sequence } from './asn1.ts';

/** Iterations: enough for the random passwords of these files, and few enough for every reader. */
const ITERATIONS = 10_000;
const [SALT_BYTES, KEY_BYTES, IV_BYTES] = [16, 32, 16] as const;
/** Bytes that SHA-256 takes at once. */
const BLOCK_BYTES = 64;

export interface Encrypted {
  readonly algorithm: Asn1;
  readonly bytes: Uint8Array;
}

/** AES-256-CBC under a key of PBKDF2 with HMAC-SHA-256. @see RFC 8018 section 6.2 */
export const encrypt = async (bytes: Uint8Array, password: string): Promise<Encrypted> => {
  const [salt, iv] = [randomBytes(SALT_BYTES), randomBytes(IV_BYTES)];
  const key = await promisify(pbkdf2)(password, salt, ITERATIONS, KEY_BYTES, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const derivation = sequence(oid(OID.pbkdf2), sequence(octets(salt), integer(ITERATIONS), sequence(oid(OID.hmacSha256), nothing())));
  return {
    algorithm: sequence(oid(OID.pbes2), sequence(derivation, sequence(oid(OID.aes256Cbc), octets(iv)))),
    bytes: Buffer.concat([cipher.update(bytes), cipher.final()]),
  };
};

/** `MacData`: HMAC-SHA-256 under a key that PKCS#12 derives in a way of its own. @see RFC 7292 appendix B.2 */
export const macData = (bytes: Uint8Array, password: string): Asn1 => {
  const salt = randomBytes(SALT_BYTES);
  // One digest is as long as the key, so the loop of that appendix runs once.
  let key = createHash('sha256')
    .update(Buffer.alloc(BLOCK_BYTES, MAC_KEY_ID))
    .update(repeated(salt))
    .update(repeated(passwordBytes(password)))
    .digest();
  for (let done = 1; done < ITERATIONS; done += 1) key = createHash('sha256').update(key).digest();
  const mac = createHmac('sha256', key).update(bytes).digest();
  return sequence(sequence(sequence(oid(OID.sha256), nothing()), octets(mac)), octets(salt), integer(ITERATIONS));
};

const MAC_KEY_ID = 3;

const OID = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

const repeated = (bytes: Buffer): Buffer => Buffer.alloc(Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES, bytes);

/** UTF-16, big-endian, with a zero at the end. @see RFC 7292 appendix B.1 */
const passwordBytes = (password: string): Buffer => Buffer.from(`${password}\0`, 'utf16le').swap16();

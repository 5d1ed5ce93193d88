import type { KeyObject } from 'node:crypto';
import type { KeyType } from './key-type.ts';

/** A signature algorithm, the `alg` of a JWS. @see RFC 7518 section 3 */
export interface Signature {
  readonly key: KeyType;
  readonly signatureBytes: number;
  readonly summary: string;
  sign(key: KeyObject, input: Uint8Array): Uint8Array | Promise<Uint8Array>;
  verify(key: KeyObject, input: Uint8Array, signature: Uint8Array): boolean;
}

import { sign, verify } from 'node:crypto';
import { okpPair } from './key-type.ts';
import type { Signature } from './signature.ts';

/** Named `EdDSA` and, without a choice of curves in the name, `Ed25519`. @see RFC 8037 section 3.1, RFC 9864 section 2.2, RFC 8032 section 5.1.6 */
export const ed25519 = (): Signature => ({
  key: okpPair('Ed25519', { protects: 'private' }),
  signatureBytes: 64,
  summary: 'EdDSA on Ed25519',
  raw: { kind: 'sign-raw', hash: null, der: null, digest: 'is not what Ed25519 signs: it signs the content itself (RFC 8032 section 5.1)' },
  sign: (key, input) => sign(null, input, key),
  verify: (key, input, signature) => verify(null, input, key, signature),
});

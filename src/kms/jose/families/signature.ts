import type { KeyType } from './key-type.ts';

/** A signature algorithm, the `alg` of a JWS. @see RFC 7518 section 3 */
export interface Signature {
  readonly key: KeyType;
  readonly signatureBytes: number;
  readonly summary: string;
}

const signingPair = (parameters: KeyType['parameters']): KeyType => ({
  kind: 'pair',
  parameters,
  protects: { half: 'private', usages: ['sign'] },
  processes: { half: 'public', usages: ['verify'] },
});

/** ECDSA: a signature is two numbers as long as the curve's order. @see RFC 7518 section 3.4 */
export const ecdsa = ({ curveBits, hashBits }: { curveBits: 256 | 384 | 521; hashBits: 256 | 384 | 512 }): Signature => ({
  key: signingPair({ name: 'ECDSA', namedCurve: `P-${curveBits}` }),
  signatureBytes: 2 * Math.ceil(curveBits / 8),
  summary: `ECDSA on P-${curveBits} with SHA-${hashBits}`,
});

/** @see RFC 8037 section 3.1, RFC 8032 section 5.1.6 */
const ed25519 = (): Signature => ({
  key: signingPair({ name: 'Ed25519' }),
  signatureBytes: 64,
  summary: 'EdDSA on Ed25519',
});

/** Every `alg` of a JWS that is offered. */
export const SIGNATURES = {
  ES256: ecdsa({ curveBits: 256, hashBits: 256 }),
  ES384: ecdsa({ curveBits: 384, hashBits: 384 }),
  EdDSA: ed25519(),
} as const satisfies Readonly<Record<string, Signature>>;

import { ecdsa } from './ecdsa.ts';
import { ed25519 } from './eddsa.ts';
import { hmac } from './hmac.ts';
import { RSA_SIZES } from './key-type.ts';
import { mlDsa } from './ml-dsa.ts';
import { rsaPkcs1, rsaPss } from './rsa-signature.ts';
import type { Signature } from './signature.ts';
import { variants } from './variants.ts';

/** Every `alg` of a JWS that is offered, a line for each size that its key may have; the first of them is taken where a caller names none. */
export const SIGNATURES = {
  ES256: ecdsa({ curve: 'P-256', hashBits: 256 }),
  ES384: ecdsa({ curve: 'P-384', hashBits: 384 }),
  ES512: ecdsa({ curve: 'P-521', hashBits: 512 }),
  EdDSA: ed25519(),
  Ed25519: ed25519(),
  ...variants('RS256', RSA_SIZES, (size) => rsaPkcs1(size, 256)),
  ...variants('RS384', RSA_SIZES, (size) => rsaPkcs1(size, 384)),
  ...variants('RS512', RSA_SIZES, (size) => rsaPkcs1(size, 512)),
  ...variants('PS256', RSA_SIZES, (size) => rsaPss(size, 256)),
  ...variants('PS384', RSA_SIZES, (size) => rsaPss(size, 384)),
  ...variants('PS512', RSA_SIZES, (size) => rsaPss(size, 512)),
  'ML-DSA-44': mlDsa('ml-dsa-44'),
  'ML-DSA-65': mlDsa('ml-dsa-65'),
  'ML-DSA-87': mlDsa('ml-dsa-87'),
  HS256: hmac(256),
  HS384: hmac(384),
  HS512: hmac(512),
} as const satisfies Readonly<Record<string, Signature>>;

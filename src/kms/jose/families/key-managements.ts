import { aesGcmKeyWrap } from './aes-gcm-key-wrap.ts';
import { aesKeyWrap } from './aes-key-wrap.ts';
import { direct } from './direct.ts';
import { AGREEMENT_CURVES, ecdhEs } from './ecdh-es.ts';
import type { KeyManagement } from './key-management.ts';
import { RSA_SIZES } from './key-type.ts';
import { rsaOaep } from './rsa-oaep.ts';
import { variants } from './variants.ts';

/** Every `alg` of a JWE that is offered, a line for each size or curve that its key may have; the first of them is taken where a caller names none. */
export const KEY_MANAGEMENTS = {
  dir: direct,
  A128KW: aesKeyWrap(128),
  A192KW: aesKeyWrap(192),
  A256KW: aesKeyWrap(256),
  A128GCMKW: aesGcmKeyWrap(128),
  A192GCMKW: aesGcmKeyWrap(192),
  A256GCMKW: aesGcmKeyWrap(256),
  ...variants('RSA-OAEP-256', RSA_SIZES, (size) => rsaOaep(size, 256)),
  ...variants('RSA-OAEP-384', RSA_SIZES, (size) => rsaOaep(size, 384)),
  ...variants('RSA-OAEP-512', RSA_SIZES, (size) => rsaOaep(size, 512)),
  ...variants('ECDH-ES', AGREEMENT_CURVES, (curve) => ecdhEs(curve, null)),
  ...variants('ECDH-ES+A128KW', AGREEMENT_CURVES, (curve) => ecdhEs(curve, 128)),
  ...variants('ECDH-ES+A192KW', AGREEMENT_CURVES, (curve) => ecdhEs(curve, 192)),
  ...variants('ECDH-ES+A256KW', AGREEMENT_CURVES, (curve) => ecdhEs(curve, 256)),
} as const satisfies Readonly<Record<string, KeyManagement>>;

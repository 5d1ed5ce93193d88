import { createHash, createPublicKey, diffieHellman, generateKeyPair, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { decodeBase64url } from '../encoding/base64url.ts';
import { type AesBits, unwrapKey, wrapKey } from './aes-key-wrap.ts';
import type { KeyManagement } from './key-management.ts';
import { ecPair, okpPair } from './key-type.ts';

/** Curves of ECDH-ES; the first is taken where a caller names none. @see RFC 7518 section 4.6, RFC 8037 section 3.2 */
export const AGREEMENT_CURVES = ['P-256', 'P-384', 'P-521', 'X25519'] as const;
type AgreementCurve = (typeof AGREEMENT_CURVES)[number];

const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66, X25519: 32 } as const;

/** The base point of each curve, whose private key everybody knows: it is in the header of decoys, and stands in for a key that is none. */
const BASE_POINTS = {
  'P-256': {
    kty: 'EC',
    crv: 'P-256',
    x: 'axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY',
    y: 'T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU',
  },
  'P-384': {
    kty: 'EC',
    crv: 'P-384',
    x: 'qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3',
    y: 'NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f',
  },
  'P-521': {
    kty: 'EC',
    crv: 'P-521',
    x: 'AMaFjga3BATpzZ4-y2YjlbRCnGSBOQU_tSH4KK9ga009uqFLXnfv51ko_h3BJ6L_qN4zSLPBhWpCm_l-fjHC5b1m',
    y: 'ARg5KWp4mjvABFyKX7QsfRvZmPVESVebRGgXr70XJz5mLJfucple9CZAxVC5AT-tB2E1PHCGonLCQIi-lHaf0WZQ',
  },
  X25519: { kty: 'OKP', crv: 'X25519', x: 'CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
} as const satisfies Record<AgreementCurve, EphemeralKey>;

/** The public key of the sender in the header, made for one JWE. */
type EphemeralKey = Readonly<Record<string, string>>;

const publicJwkOf = (key: KeyObject, curve: AgreementCurve): EphemeralKey => {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return curve === 'X25519' ? { kty: 'OKP', crv: curve, x } : { kty: 'EC', crv: curve, x, y };
};

type Pair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };

const pairInPool = promisify(generateKeyPair);
const agreeInPool = promisify((pair: Pair, done: (error: Error | null, secret: Buffer) => void) => void diffieHellman(pair, done));

/** On the larger curves a key and an agreement take milliseconds each: the thread pool has them, and other requests go on. */
const isLarge = (curve: AgreementCurve): boolean => curve === 'P-384' || curve === 'P-521';

const newPair = (curve: AgreementCurve): Pair | Promise<Pair> => {
  if (curve === 'X25519') return generateKeyPairSync('x25519');
  return isLarge(curve) ? pairInPool('ec', { namedCurve: curve }) : generateKeyPairSync('ec', { namedCurve: curve });
};

/** A public key of this curve with its coordinates in full length and nothing beside them; null for anything else, a point beside the curve included. */
const ephemeralKeyOf = (epk: unknown, curve: AgreementCurve): KeyObject | null => {
  const members = curve === 'X25519' ? ['crv', 'kty', 'x'] : ['crv', 'kty', 'x', 'y'];
  const jwk = Object(epk) as Record<string, unknown>;
  if (Object.keys(jwk).toSorted().join() !== members.join()) return null;
  if (jwk['crv'] !== curve || jwk['kty'] !== (curve === 'X25519' ? 'OKP' : 'EC')) return null;
  const coordinates = curve === 'X25519' ? [jwk['x']] : [jwk['x'], jwk['y']];
  const areWhole = coordinates.every((text) => typeof text === 'string' && decodeBase64url(text)?.length === COORDINATE_BYTES[curve]);
  if (!areWhole) return null;
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return null;
  }
};

const numberOf = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** The Concat KDF with SHA-256. @see RFC 7518 section 4.6.2, NIST SP 800-56A section 5.8.1 */
export const concatKdf = (of: {
  readonly secret: Uint8Array;
  readonly algorithmId: string;
  readonly apu: Uint8Array;
  readonly apv: Uint8Array;
  readonly bytes: number;
}): Uint8Array => {
  const { secret, algorithmId, apu, apv, bytes } = of;
  const key = new Uint8Array(bytes);
  for (let round = 0; round * 32 < bytes; round += 1) {
    const hash = createHash('sha256')
      .update(numberOf(round + 1))
      .update(secret);
    for (const item of [Buffer.from(algorithmId), apu, apv]) hash.update(numberOf(item.length)).update(item);
    const block = hash.update(numberOf(bytes * 8)).digest();
    key.set(block.subarray(0, bytes - round * 32), round * 32);
    block.fill(0);
  }
  return key;
};

/** The names of the two sides where the header has none. */
const NOBODY = new Uint8Array();

const optionalBytes = (text: unknown): Uint8Array | null => (text === undefined ? new Uint8Array() : decodeBase64url(String(text)));

/**
 * Elliptic-curve Diffie-Hellman with a key pair made for each JWE. What both agree on is the content encryption key, or wraps it.
 *
 * @param bits of the AES key that wraps; null where nothing is wrapped
 * @see RFC 7518 section 4.6
 */
export const ecdhEs = (curve: AgreementCurve, bits: AesBits | null): KeyManagement => {
  const pair = curve === 'X25519' ? okpPair(curve, { protects: 'public' }) : ecPair(curve, { protects: 'public' });
  const name = 'ECDH-ES';
  const agree = (keys: Pair): Uint8Array | Promise<Uint8Array> => (isLarge(curve) ? agreeInPool(keys) : diffieHellman(keys));
  return ({ keyBytes, enc }) => {
    const [bytes, algorithmId] = bits === null ? [keyBytes, enc] : [bits / 8, `ECDH-ES+A${bits}KW`];
    const keyFrom = (secret: Uint8Array, [apu, apv]: readonly [Uint8Array, Uint8Array]): Uint8Array => {
      const agreed = concatKdf({ secret, algorithmId, apu, apv, bytes });
      secret.fill(0);
      return agreed;
    };
    return {
      key: pair,
      encryptedKeyBytes: bits === null ? 0 : keyBytes + 8,
      parameters: { epk: { type: 'object', decoy: BASE_POINTS[curve] }, apu: { type: 'string' }, apv: { type: 'string' } },
      protectionLimit: null,
      summary: bits === null ? name : `${name} and AES-${bits} key wrap`,
      contentKey: bits === null ? `agreed by ${name}` : `wrapped with AES-${bits} key wrap by ${name}`,
      protect: async (key) => {
        const { privateKey, publicKey } = await newPair(curve);
        const parameters = { epk: publicJwkOf(publicKey, curve) };
        const agreed = keyFrom(await agree({ privateKey, publicKey: key }), [NOBODY, NOBODY]);
        if (bits === null) return { contentKey: agreed, encryptedKey: new Uint8Array(), parameters };
        const contentKey = randomBytes(keyBytes);
        const encryptedKey = wrapKey(bits, agreed, contentKey);
        agreed.fill(0);
        return { contentKey, encryptedKey, parameters };
      },
      process: async (privateKey, { encryptedKey, parameters }) => {
        const [apu, apv] = [optionalBytes(parameters['apu']), optionalBytes(parameters['apv'])];
        const sender = ephemeralKeyOf(parameters['epk'], curve);
        const publicKey = sender ?? createPublicKey({ key: BASE_POINTS[curve], format: 'jwk' });
        let secret: Uint8Array;
        try {
          secret = await agree({ privateKey, publicKey });
        } catch {
          // A point of low order on X25519 (RFC 7748 section 6.1).
          return null;
        }
        const agreed = keyFrom(secret, [apu ?? NOBODY, apv ?? NOBODY]);
        if (!sender || !apu || !apv) {
          agreed.fill(0);
          return null;
        }
        if (bits === null) return agreed;
        const contentKey = unwrapKey(bits, agreed, encryptedKey);
        agreed.fill(0);
        return contentKey;
      },
    };
  };
};

import { hash } from 'node:crypto';
import {
  calculateJwkThumbprint,
  type CompactJWSHeaderParameters,
  EmbeddedJWK,
  errors,
  type FlattenedJWSInput,
  type JWK,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { Ajv, type ValidateFunction } from 'ajv';
import { type Static, Type } from 'typebox';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { DPOP_ALGORITHMS } from '../schemes.ts';

/** Characters of a proof: those of our algorithms have less than a thousand. */
const MAX_PROOF_LENGTH = 4_096;

const text = Type.String({ minLength: 1, maxLength: 512 });
const payloadSchema = Type.Object({
  jti: text,
  htm: text,
  htu: Type.String({ minLength: 1, maxLength: 2_048 }),
  iat: Type.Number({ minimum: 0, maximum: 8_640_000_000_000 }),
  ath: text,
  nonce: Type.Optional(text),
});

/** The request that a proof has to be for, and when it has to have been made. */
export interface ProofRules {
  readonly token: string;
  readonly method: string;
  /** Without query and fragment; null where the request does not say under which name it came. */
  readonly url: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly maxAgeSeconds: number;
  readonly clockSkewSeconds: number;
}

export interface DpopProof {
  /** SHA-256 thumbprint of the key. @see RFC 7638 */
  readonly thumbprint: string;
  readonly id: string;
  readonly nonce: string | undefined;
}

export type ReadProof = { readonly proof: DpopProof } | { readonly refused: string };

let validate: ValidateFunction<Static<typeof payloadSchema>> | undefined;
const validator = () => (validate ??= new Ajv({ strict: false }).compile(payloadSchema));

const UNREADABLE = 'The DPoP proof cannot be read, or holds no public key in jwk';

/** Why jose refused, in words of ours: nothing that the proof says is repeated. */
const refusal = (error: unknown): string => {
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'typ') return 'The typ of the DPoP proof is not dpop+jwt';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the DPoP proof is wrong';
  if (error instanceof errors.JOSEAlgNotAllowed) return `The algorithm of the DPoP proof is none of ${DPOP_ALGORITHMS.join(', ')}`;
  return UNREADABLE;
};

/** Query and fragment of `htu` are ignored; host and scheme are compared in their one normal form. @see RFC 9449 section 4.3, item 9 */
const isUrlOf = (htu: string, url: string): boolean => {
  const claimed = URL.parse(htu);
  const asked = URL.parse(url);
  if (claimed === null || asked === null || claimed.username !== '' || claimed.password !== '') return false;
  return claimed.origin === asked.origin && claimed.pathname === asked.pathname;
};

const wrongClaim = (payload: JWTPayload, rules: ProofRules): string | null => {
  const { token, method, url, now, maxAgeSeconds, clockSkewSeconds } = rules;
  if (!validator()(payload)) {
    const error = validator().errors?.[0];
    const missing: unknown = error?.params['missingProperty'];
    const name = error?.instancePath.split('/')[1] ?? (typeof missing === 'string' ? missing : 'payload');
    return `The claim ${name} of the DPoP proof is missing or has another form than it must`;
  }
  if (payload.htm !== method) return 'The DPoP proof is for another method';
  if (url === null) return 'The request came under a name that is none of this service, so that no DPoP proof is for it';
  if (!isUrlOf(payload.htu, url)) return 'The DPoP proof is for another URL';
  if (payload.ath !== hash('sha256', token, 'base64url')) return 'The DPoP proof is for another token';
  const age = now - payload.iat * 1000;
  if (age > (maxAgeSeconds + clockSkewSeconds) * 1000) return 'The DPoP proof is too old';
  if (age < -clockSkewSeconds * 1000) return 'The DPoP proof was made in the future';
  return null;
};

/** The key that a proof shows. */
interface ShownKey {
  readonly key: CryptoKey;
  readonly thumbprint: string;
}

/** Keys that are remembered: some 10 MB at the most. */
const MAX_KEYS = 10_000;

/** @throws errors.JOSEError for a header without a public key */
const shownKey = async (header: CompactJWSHeaderParameters, proof: FlattenedJWSInput): Promise<ShownKey> => ({
  key: await EmbeddedJWK(header, proof),
  thumbprint: await calculateJwkThumbprint(header.jwk as JWK, 'sha256'),
});

export type ReadDpopProof = (proof: string, rules: ProofRules) => Promise<ReadProof>;

/**
 * Checks a DPoP proof: its form, a signature by the key that it shows, and every claim against the request that it came with. Whether
 * its key is that of the token, and whether it was used before, is not looked at. A client shows the same header each time, so that its
 * key is read once.
 *
 * @see RFC 9449 section 4.3
 */
export const createReadDpopProof = (): ReadDpopProof => {
  const keys = createBoundedMap<ShownKey>({ max: MAX_KEYS });

  const keyOf = async (header: CompactJWSHeaderParameters, proof: FlattenedJWSInput): Promise<ShownKey> => {
    const shown = boundedKey(String(proof.protected));
    const known = keys.get(shown) ?? (await shownKey(header, proof));
    keys.set(shown, known);
    return known;
  };

  return async (proof, rules) => {
    if (proof.length > MAX_PROOF_LENGTH) return { refused: 'The DPoP proof is longer than any' };
    // Nothing is repaired: jose takes base64 with characters and bits that are not canonical.
    if (!proof.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)) return { refused: UNREADABLE };
    let thumbprint = '';
    try {
      const { payload } = await jwtVerify(
        proof,
        async (header, input) => {
          const shown = await keyOf(header, input);
          thumbprint = shown.thumbprint;
          return shown.key;
        },
        {
          algorithms: [...DPOP_ALGORITHMS],
          typ: 'dpop+jwt',
          // Its times are compared below, by the rules for proofs.
          currentDate: new Date(rules.now),
        },
      );
      const refused = wrongClaim(payload, rules);
      if (refused !== null) return { refused };
      const { jti, nonce } = payload as Static<typeof payloadSchema>;
      return { proof: { thumbprint, id: jti, nonce } };
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException)
        return { refused: refusal(error) };
      throw error;
    }
  };
};

import { importJWK, type JWK } from 'jose';

/** The key of a JWK for one algorithm: its type, its curve, and the members that are its public part. */
interface KeyForm {
  readonly kty: string;
  readonly crv?: string;
  readonly members: readonly ('x' | 'y' | 'n' | 'e')[];
}

const RSA: KeyForm = { kty: 'RSA', members: ['n', 'e'] };

/**
 * The algorithms by which issuers may sign tokens, each with the form of its keys. All are asymmetric: with HS256 everybody who can
 * verify a token could make one. @see RFC 8725 section 3.1
 */
const FORMS = {
  ES256: { kty: 'EC', crv: 'P-256', members: ['x', 'y'] },
  ES384: { kty: 'EC', crv: 'P-384', members: ['x', 'y'] },
  ES512: { kty: 'EC', crv: 'P-521', members: ['x', 'y'] },
  RS256: RSA,
  PS256: RSA,
  EdDSA: { kty: 'OKP', crv: 'Ed25519', members: ['x'] },
} as const satisfies Readonly<Record<string, KeyForm>>;

export type TokenAlgorithm = keyof typeof FORMS;
export const TOKEN_ALGORITHMS = Object.keys(FORMS) as readonly TokenAlgorithm[];

/** Bits of a modulus: shorter ones are weak, longer ones make a verification slow. */
const [MIN_RSA_BITS, MAX_RSA_BITS] = [2_048, 8_192];
/** Smaller exponents are refused. */
const MIN_EXPONENT = 65_537;

/** A public key of an issuer, and the one algorithm that it verifies. */
export interface PublicTokenKey {
  readonly algorithm: TokenAlgorithm;
  readonly key: Exclude<Awaited<ReturnType<typeof importJWK>>, Uint8Array>;
}

const fits = (jwk: JWK, algorithm: TokenAlgorithm): boolean => {
  const { kty, crv, members }: KeyForm = FORMS[algorithm];
  return jwk.kty === kty && jwk.crv === crv && members.every((member) => typeof jwk[member] === 'string');
};

/** What a key verifies: what its `alg` says, else what its form says where that is one thing only, as it is not for RSA. */
const algorithmOf = (jwk: JWK, allowed: readonly TokenAlgorithm[]): TokenAlgorithm | undefined => {
  const isForSignatures = (jwk.use === undefined || jwk.use === 'sig') && (jwk.key_ops === undefined || jwk.key_ops.includes('verify'));
  if (!isForSignatures) return undefined;
  const [algorithm, ...others] = allowed.filter((each) => (jwk.alg === undefined || jwk.alg === each) && fits(jwk, each));
  return others.length === 0 ? algorithm : undefined;
};

const isStrong = ({ algorithm }: PublicTokenKey['key']): boolean => {
  const { modulusLength: bits, publicExponent: exponent } = algorithm as {
    readonly modulusLength?: number;
    readonly publicExponent?: Uint8Array;
  };
  if (bits === undefined || exponent === undefined) return true;
  return bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS && BigInt(`0x${Buffer.from(exponent).toString('hex')}`) >= MIN_EXPONENT;
};

/**
 * The public key of a JWK that verifies by one of the allowed algorithms, and by no other; its private members are never read.
 *
 * @returns undefined for every other key: symmetric, for another use or algorithm, off its curve, RSA below 2,048 bits, and RSA
 *   without `alg` where more than one algorithm of RSA is allowed
 */
export const readTokenKey = async (jwk: JWK, allowed: readonly TokenAlgorithm[]): Promise<PublicTokenKey | undefined> => {
  const algorithm = algorithmOf(jwk, allowed);
  if (algorithm === undefined) return undefined;
  const { kty, crv, members }: KeyForm = FORMS[algorithm];
  const parts = Object.fromEntries(members.map((member) => [member, jwk[member]]));
  const key = await importJWK({ kty, ...(crv === undefined ? {} : { crv }), ...parts } as JWK, algorithm).catch(() => null);
  return key === null || key instanceof Uint8Array || !isStrong(key) ? undefined : { algorithm, key };
};

import type { Algorithm, BytesForm, JweForm, JwsForm, KeyPurpose, Operation } from './algorithm.ts';
import type { ContentEncryption } from './families/content-encryption.ts';
import { CONTENT_ENCRYPTIONS } from './families/content-encryptions.ts';
import type { HeaderParameter, KeyManagement, ManagedKey } from './families/key-management.ts';
import { KEY_MANAGEMENTS } from './families/key-managements.ts';
import type { KeyType } from './families/key-type.ts';
import type { Signature } from './families/signature.ts';
import { SIGNATURES } from './families/signatures.ts';
import { baseOf } from './families/variants.ts';

/**
 * This folder makes and opens the JWE and JWS of the KMS and makes their keys. It is pure: no database, no HTTP, no other part of the
 * KMS.
 *
 * An algorithm is a line in one of three families: content encryption, key management, signature. From them comes an `Algorithm` for
 * every name that an elastic key may have, and all other files here work by its facts alone:
 *
 *     families/ ──► algorithms ──► key-material   generates and imports keys
 *                              ──► jwe, jws       seal and sign
 *                              ──► raw            signs bytes and makes MACs of them
 *     text of a caller ──► compact (form only) ──► jwe, jws   open and verify
 *                          or decoys (refused) ──►
 */

interface Families<Enc extends string, Alg extends string, Sig extends string> {
  readonly contentEncryptions: Readonly<Record<Enc, ContentEncryption>>;
  readonly keyManagements: Readonly<Record<Alg, KeyManagement>>;
  readonly signatures: Readonly<Record<Sig, Signature>>;
}

interface JweParts {
  readonly enc: string;
  readonly content: ContentEncryption;
  readonly alg: string;
  readonly management: ManagedKey;
}

/** Parameters of every header; a family adds its own. Anything else (`zip`, `crit`, `jwk`, `jku`, `p2c`, …) is refused unread. */
const TEXT: HeaderParameter = { type: 'string' };
const JWS_PARAMETERS = { alg: TEXT, kid: TEXT, typ: TEXT, cty: TEXT };
/** @see RFC 7797 sections 3 and 6 */
const DETACHED_PARAMETERS: Readonly<Record<string, HeaderParameter>> = {
  ...JWS_PARAMETERS,
  b64: { type: 'boolean' },
  crit: { type: 'array' },
};
const JWE_PARAMETERS = { ...JWS_PARAMETERS, enc: TEXT, ctx: TEXT };

const jweForm = ({ enc, content, alg, management }: JweParts): JweForm => ({
  kind: 'jwe',
  header: { alg: baseOf(alg), enc },
  parameters: new Map(Object.entries({ ...JWE_PARAMETERS, ...management.parameters })),
  segments: [management.encryptedKeyBytes, content.ivBytes, 'any', content.tagBytes],
  content,
  management,
});

const jwsForm = (alg: string, signature: Signature): JwsForm => ({
  kind: 'jws',
  header: { alg: baseOf(alg) },
  parameters: new Map(Object.entries(JWS_PARAMETERS)),
  detachedParameters: new Map(Object.entries(DETACHED_PARAMETERS)),
  segments: ['any', signature.signatureBytes],
  signature,
});

const lowest = (...limits: readonly (number | null)[]): number | null => {
  const bounds = limits.filter((limit) => limit !== null);
  return bounds.length === 0 ? null : Math.min(...bounds);
};

/** Two primes of RSA have to be found. */
const isSlow = (key: KeyType): boolean => key.kind === 'pair' && key.size !== null;

const encryptionAlgorithm = (parts: JweParts): Algorithm => ({
  base: `${parts.enc}/${baseOf(parts.alg)}`,
  use: 'encrypt',
  operations: ['encrypt', 'decrypt', 'rewrap', 'generate'],
  jose: jweForm(parts),
  key: parts.management.key,
  isSlowToMake: isSlow(parts.management.key),
  protectionLimit: lowest(parts.content.protectionLimit, parts.management.protectionLimit),
  summary: `${parts.content.summary}, its key ${parts.management.contentKey}: encrypts data`,
});

/** A wrapping key is named by its `alg` alone: the key that it wraps is the content of a JWE with `A256GCM`. */
const wrappingAlgorithm = (alg: string, keyManagement: KeyManagement): Algorithm => {
  const [enc, content] = ['A256GCM', CONTENT_ENCRYPTIONS.A256GCM];
  const management = keyManagement({ enc, ...content });
  return {
    ...encryptionAlgorithm({ enc, content, alg, management }),
    base: baseOf(alg),
    use: 'wrap',
    operations: ['wrap', 'unwrap', 'rewrap', 'generate'],
    summary: `${management.summary}: wraps other keys`,
  };
};

const signatureAlgorithm = (alg: string, signature: Signature): Algorithm => ({
  base: baseOf(alg),
  use: 'sign',
  operations: ['sign', 'verify'],
  jose: jwsForm(alg, signature),
  key: signature.key,
  isSlowToMake: isSlow(signature.key),
  protectionLimit: null,
  summary: `${signature.summary}: signs JWS`,
});

const bytesForm = (alg: string, signature: Signature): BytesForm => ({ kind: 'bytes', header: { alg: baseOf(alg) }, signature });

const RAW_OPERATIONS = {
  'sign-raw': ['sign-raw', 'verify-raw'],
  mac: ['mac', 'mac-verify'],
} as const satisfies Partial<Record<KeyPurpose, readonly Operation[]>>;

const RAW_SUMMARIES = { 'sign-raw': 'signs bytes that are no JWS', mac: 'makes MACs of bytes' } as const;

/** The same algorithm over bytes that are no JWS; it is another row, so that no key has both uses. */
const rawAlgorithm = (alg: string, signature: Signature): Algorithm => {
  const { kind: use } = signature.raw;
  return {
    ...signatureAlgorithm(alg, signature),
    use,
    operations: RAW_OPERATIONS[use],
    jose: bytesForm(alg, signature),
    summary: `${signature.summary}: ${RAW_SUMMARIES[use]}`,
  };
};

const entriesOf = <Name extends string, Row>(rows: Readonly<Record<Name, Row>>): readonly (readonly [Name, Row])[] =>
  Object.entries(rows) as [Name, Row][];

/** Every algorithm that an elastic key can have by these families: `enc/alg` encrypts, an `alg` of JWE wraps, an `alg` of JWS signs, and with `:raw` signs bytes or makes MACs. */
export const algorithmsOf = <Enc extends string, Alg extends string, Sig extends string>(families: Families<Enc, Alg, Sig>) => {
  const managements = entriesOf(families.keyManagements);
  const encrypting = entriesOf(families.contentEncryptions).flatMap(([enc, content]) =>
    managements.map(([alg, management]) => [
      `${enc}/${alg}`,
      encryptionAlgorithm({ enc, content, alg, management: management({ enc, ...content }) }),
    ]),
  );
  // A key that is the content encryption key itself wraps nothing: it encrypts.
  const wrapping = managements.filter(([alg]) => alg !== 'dir').map(([alg, management]) => [alg, wrappingAlgorithm(alg, management)]);
  const signatures = entriesOf(families.signatures);
  const signing = signatures.map(([alg, signature]) => [alg, signatureAlgorithm(alg, signature)]);
  const raw = signatures.map(([alg, signature]) => [`${alg}:raw`, rawAlgorithm(alg, signature)]);
  return Object.fromEntries([...encrypting, ...wrapping, ...signing, ...raw]) as Readonly<
    Record<`${Enc}/${Alg}` | Exclude<Alg, 'dir'> | Sig | `${Sig}:raw`, Algorithm>
  >;
};

/** Every algorithm that is offered. */
export const ALGORITHMS = algorithmsOf({
  contentEncryptions: CONTENT_ENCRYPTIONS,
  keyManagements: KEY_MANAGEMENTS,
  signatures: SIGNATURES,
});

/**
 * `enc/alg` or `alg`; where the key may have several sizes or be on several curves, `:` and which; for bytes that are no JWS, `:raw`. So
 * `PS256:3072:raw`. It is in the database so, and bound into the ciphertext of key material.
 */
export type AlgorithmName = keyof typeof ALGORITHMS;
export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly AlgorithmName[];

export const algorithmOf = (name: AlgorithmName): Algorithm => ALGORITHMS[name];

/** Names without sizes, curves and uses, each with its variants; the first is taken where a caller chooses none of these. */
export const VARIANTS: ReadonlyMap<string, readonly AlgorithmName[]> = Map.groupBy(ALGORITHM_NAMES, (name) => algorithmOf(name).base);

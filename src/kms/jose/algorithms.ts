import type { Algorithm, JweForm, JwsForm } from './algorithm.ts';
import { CONTENT_ENCRYPTIONS, type ContentEncryption } from './families/content-encryption.ts';
import { type HeaderParameter, KEY_MANAGEMENTS, type KeyManagement } from './families/key-management.ts';
import { type Signature, SIGNATURES } from './families/signature.ts';

/**
 * This folder makes and opens the JWE and JWS of the KMS and makes their keys. It is pure: no database, no HTTP, no other part of the
 * KMS.
 *
 * An algorithm is a line in one of three families: content encryption, key management, signature. From them comes an `Algorithm` for
 * every name that an elastic key may have, and all other files here work by its facts alone:
 *
 *     families/ ──► algorithms ──► key-material   generates and imports keys
 *                              ──► jwe, jws       seal and sign
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
  readonly management: ReturnType<KeyManagement>;
}

/** Parameters of every header; a family adds its own. Anything else (`zip`, `crit`, `jwk`, `jku`, `p2c`, …) is refused unread. */
const TEXT: HeaderParameter = { type: 'string' };
const JWS_PARAMETERS = { alg: TEXT, kid: TEXT, typ: TEXT, cty: TEXT };
const JWE_PARAMETERS = { ...JWS_PARAMETERS, enc: TEXT, ctx: TEXT };

const jweForm = ({ enc, content, alg, management }: JweParts): JweForm => ({
  kind: 'jwe',
  header: { alg, enc },
  parameters: new Map(Object.entries({ ...JWE_PARAMETERS, ...management.parameters })),
  segments: [management.encryptedKeyBytes, content.ivBytes, 'any', content.tagBytes],
});

const jwsForm = (alg: string, { signatureBytes }: Signature): JwsForm => ({
  kind: 'jws',
  header: { alg },
  parameters: new Map(Object.entries(JWS_PARAMETERS)),
  segments: ['any', signatureBytes],
});

const lowest = (...limits: readonly (number | null)[]): number | null => {
  const bounds = limits.filter((limit) => limit !== null);
  return bounds.length === 0 ? null : Math.min(...bounds);
};

const encryptionAlgorithm = (parts: JweParts): Algorithm => ({
  use: 'encrypt',
  operations: ['encrypt', 'decrypt', 'rewrap', 'generate'],
  jose: jweForm(parts),
  key: parts.management.key,
  protectionLimit: lowest(parts.content.protectionLimit, parts.management.protectionLimit),
  summary: `${parts.content.summary}, its key ${parts.management.contentKey}: encrypts data`,
});

/** A wrapping key is named by its `alg` alone: the key that it wraps is the content of a JWE with `A256GCM`. */
const wrappingAlgorithm = (alg: string, keyManagement: KeyManagement): Algorithm => {
  const content = CONTENT_ENCRYPTIONS.A256GCM;
  const management = keyManagement(content);
  return {
    ...encryptionAlgorithm({ enc: 'A256GCM', content, alg, management }),
    use: 'wrap',
    operations: ['wrap', 'unwrap', 'rewrap', 'generate'],
    summary: `${management.summary}: wraps other keys`,
  };
};

const signatureAlgorithm = (alg: string, signature: Signature): Algorithm => ({
  use: 'sign',
  operations: ['sign', 'verify'],
  jose: jwsForm(alg, signature),
  key: signature.key,
  protectionLimit: null,
  summary: signature.summary,
});

const entriesOf = <Name extends string, Row>(rows: Readonly<Record<Name, Row>>): readonly (readonly [Name, Row])[] =>
  Object.entries(rows) as [Name, Row][];

/** Every algorithm that an elastic key can have by these families: `enc/alg` encrypts, an `alg` of JWE wraps, an `alg` of JWS signs. */
export const algorithmsOf = <Enc extends string, Alg extends string, Sig extends string>(families: Families<Enc, Alg, Sig>) => {
  const managements = entriesOf(families.keyManagements);
  const encrypting = entriesOf(families.contentEncryptions).flatMap(([enc, content]) =>
    managements.map(([alg, management]) => [`${enc}/${alg}`, encryptionAlgorithm({ enc, content, alg, management: management(content) })]),
  );
  const wrapping = managements.map(([alg, management]) => [alg, wrappingAlgorithm(alg, management)]);
  const signing = entriesOf(families.signatures).map(([alg, signature]) => [alg, signatureAlgorithm(alg, signature)]);
  return Object.fromEntries([...encrypting, ...wrapping, ...signing]) as Readonly<Record<`${Enc}/${Alg}` | Alg | Sig, Algorithm>>;
};

/** Every algorithm that is offered. */
export const ALGORITHMS = algorithmsOf({
  contentEncryptions: CONTENT_ENCRYPTIONS,
  keyManagements: KEY_MANAGEMENTS,
  signatures: SIGNATURES,
});

export type AlgorithmName = keyof typeof ALGORITHMS;
export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly AlgorithmName[];

export const algorithmOf = (name: AlgorithmName): Algorithm => ALGORITHMS[name];

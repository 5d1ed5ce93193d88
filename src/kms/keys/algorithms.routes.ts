import type { Static } from 'typebox';
import type { App } from '#infra/http/server.ts';
import { problems } from '#kms/api/schemas.ts';
import type { Algorithm } from '#kms/jose/algorithm.ts';
import { type AlgorithmName, algorithmOf, VARIANTS } from '#kms/jose/algorithms.ts';
import { SIGNATURE_ENCODINGS } from '#kms/jose/families/signature.ts';
import { JOSE_LIBRARIES, opensWith } from '#kms/jose/libraries.ts';
import { type algorithmSchema, algorithmListSchema } from './algorithms.schemas.ts';
import { choicesOf } from './elastic-keys/elastic-key.policy.ts';

/** The libraries that do with keys of some variant at least what they should. */
const librariesFor = (variants: readonly AlgorithmName[]) =>
  JOSE_LIBRARIES.flatMap((library) => {
    const opened = variants.filter((name) => opensWith(library, name));
    return opened.length === 0 ? [] : [{ name: library.name, curves: choicesOf(opened, 'curve') }];
  });

/** Facts of signatures, JWS and raw ones, and of MACs. */
const signatureFacts = ({ use, jose }: Algorithm) => {
  if (jose.kind === 'jwe') return { hash: null, signature_encodings: [], signs_digests: false };
  const { raw } = jose.signature;
  const isRaw = use === 'sign-raw' && raw.kind === 'sign-raw';
  return {
    hash: raw.hash,
    signature_encodings: isRaw && raw.der !== null ? [...SIGNATURE_ENCODINGS] : [],
    signs_digests: isRaw && typeof raw.digest !== 'string',
  };
};

const itemOf = (algorithm: string, variants: readonly AlgorithmName[], first: Algorithm): Static<typeof algorithmSchema> => ({
  algorithm,
  use: first.use,
  operations: [...first.operations],
  alg: first.jose.header.alg,
  enc: first.jose.kind === 'jwe' ? first.jose.header.enc : null,
  key_sizes: choicesOf(variants, 'keySize'),
  curves: choicesOf(variants, 'curve'),
  ...signatureFacts(first),
  protection_limit: first.protectionLimit,
  summary: first.summary,
  libraries: librariesFor(variants),
});

/** One item for each algorithm and use. */
const algorithms: Static<typeof algorithmListSchema> = {
  items: [...VARIANTS].flatMap(([algorithm, variants]) =>
    [...Map.groupBy(variants, (name) => algorithmOf(name).use).values()].flatMap((ofUse) =>
      ofUse.slice(0, 1).map((first) => itemOf(algorithm, ofUse, algorithmOf(first))),
    ),
  ),
  libraries: JOSE_LIBRARIES.map(({ name, language, version, jwe, notByJwkSet, refusesSetsWith }) => ({
    name,
    language,
    version,
    context: jwe && (jwe.readsContext ? 'read' : 'registered'),
    not_encrypting_for: [...(jwe?.notEncryptedFor ?? [])],
    not_by_jwk_set: [...notByJwkSet],
    refuses_sets_with: [...refusesSetsWith],
  })),
};

/** `GET /algorithms`: what an elastic key can be created with. It is the same for every tenant, and no act on a key. */
export const registerAlgorithmRoutes = (app: App, base: string): void => {
  app.get(
    `${base}/algorithms`,
    {
      config: { scope: 'kms:elastic-keys:read' },
      schema: {
        operationId: 'listAlgorithms',
        summary: 'List the algorithms',
        description:
          'Every algorithm that an elastic key can have, an item for each of its uses, with its operations, its limit, the forms of its signatures and the JOSE libraries that know it.',
        tags: ['Elastic keys'],
        response: { 200: algorithmListSchema, ...problems },
      },
    },
    async () => algorithms,
  );
};

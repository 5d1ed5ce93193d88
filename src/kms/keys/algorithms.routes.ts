import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { nullable, oneOf, problems } from '#kms/api/schemas.ts';
import { OPERATIONS } from '#kms/jose/algorithm.ts';
import { type AlgorithmName, algorithmOf, VARIANTS } from '#kms/jose/algorithms.ts';
import { JOSE_LIBRARIES, opensWith } from '#kms/jose/libraries.ts';
import { choicesOf } from './elastic-keys/elastic-key.policy.ts';

const algorithmSchema = strictObject({
  algorithm: Type.String({ description: 'as an elastic key is created with it' }),
  use: oneOf(['encrypt', 'sign', 'wrap']),
  operations: Type.Array(oneOf(OPERATIONS)),
  alg: Type.String({ description: '`alg` of the JWE or JWS (RFC 7518 sections 3.1 and 4.1)' }),
  enc: nullable(Type.String(), { description: '`enc` of the JWE (RFC 7518 section 5.1); null for a signature' }),
  key_sizes: Type.Array(Type.Integer(), { description: 'bits that its RSA key may have, the default first; empty for others' }),
  curves: Type.Array(Type.String(), { description: 'curves that its key pair may be on, the default first; empty for others' }),
  protection_limit: nullable(Type.Integer(), { description: 'how often one material key may protect; null: no bound' }),
  summary: Type.String(),
  libraries: Type.Array(
    strictObject({
      name: Type.String(),
      curves: Type.Array(Type.String(), { description: 'those of `curves` with which it does; empty where there are none' }),
    }),
    { description: 'JOSE libraries that open the JWE, or verify the JWS, that its keys make' },
  ),
});

const librarySchema = strictObject({
  name: Type.String(),
  language: Type.String(),
  version: Type.String({ description: 'that was measured' }),
  context: nullable(oneOf(['read', 'registered']), {
    description: '`registered`: it opens a JWE with a context once it is told of the header parameter `ctx`; null: it reads no JWE',
  }),
  not_encrypting_for: Type.Array(Type.String(), {
    description: '`alg` or curve of public keys that it does not encrypt for, or not reliably',
  }),
  not_by_jwk_set: Type.Array(Type.String(), {
    description: '`alg` of a JWS that it verifies with a key, and not with a JWK Set that has this key',
  }),
  refuses_sets_with: Type.Array(Type.String(), { description: 'kinds of key whose presence makes it refuse a whole JWK Set' }),
});

const answer = strictObject({ items: Type.Array(algorithmSchema), libraries: Type.Array(librarySchema) });

/** The libraries that do with keys of some variant at least what they should. */
const librariesFor = (variants: readonly AlgorithmName[]) =>
  JOSE_LIBRARIES.flatMap((library) => {
    const opened = variants.filter((name) => opensWith(library, name));
    return opened.length === 0 ? [] : [{ name: library.name, curves: choicesOf(opened, 'curve') }];
  });

const algorithms: Static<typeof answer> = {
  items: [...VARIANTS].flatMap(([algorithm, variants]) =>
    variants.slice(0, 1).map((first) => {
      const { use, operations, jose, protectionLimit, summary } = algorithmOf(first);
      const { alg } = jose.header;
      return {
        algorithm,
        use,
        operations: [...operations],
        alg,
        enc: jose.kind === 'jwe' ? jose.header.enc : null,
        key_sizes: choicesOf(variants, 'keySize'),
        curves: choicesOf(variants, 'curve'),
        protection_limit: protectionLimit,
        summary,
        libraries: librariesFor(variants),
      };
    }),
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
          'Every algorithm that an elastic key can have, with its use, its operations and its limit, and the JOSE libraries that know it.',
        tags: ['Elastic keys'],
        response: { 200: answer, ...problems },
      },
    },
    async () => algorithms,
  );
};

import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { nullable, oneOf, problems } from '#kms/api/schemas.ts';
import { OPERATIONS } from '#kms/jose/algorithm.ts';
import { algorithmOf, VARIANTS } from '#kms/jose/algorithms.ts';
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
});

const answer = strictObject({ items: Type.Array(algorithmSchema) });

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
      };
    }),
  ),
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
        description: 'Every algorithm that an elastic key can have, with its use, its operations and its limit.',
        tags: ['Elastic keys'],
        response: { 200: answer, ...problems },
      },
    },
    async () => algorithms,
  );
};

import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { nullable, oneOf, problems } from '#kms/api/schemas.ts';
import { OPERATIONS } from '#kms/jose/algorithm.ts';
import { ALGORITHM_NAMES, algorithmOf } from '#kms/jose/algorithms.ts';

const algorithmSchema = strictObject({
  algorithm: oneOf(ALGORITHM_NAMES, { description: 'as an elastic key is created with it' }),
  use: oneOf(['encrypt', 'sign', 'wrap']),
  operations: Type.Array(oneOf(OPERATIONS)),
  alg: Type.String({ description: '`alg` of the JWE or JWS (RFC 7518 sections 3.1 and 4.1)' }),
  enc: nullable(Type.String(), { description: '`enc` of the JWE (RFC 7518 section 5.1); null for a signature' }),
  protection_limit: nullable(Type.Integer(), { description: 'how often one material key may protect; null: no bound' }),
  summary: Type.String(),
});

const answer = strictObject({ items: Type.Array(algorithmSchema) });

const algorithms: Static<typeof answer> = {
  items: ALGORITHM_NAMES.map((name) => {
    const { use, operations, jose, protectionLimit, summary } = algorithmOf(name);
    const { alg } = jose.header;
    const enc = jose.kind === 'jwe' ? jose.header.enc : null;
    return { algorithm: name, use, operations: [...operations], alg, enc, protection_limit: protectionLimit, summary };
  }),
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

import type { TSchema } from 'typebox';
import type { Action, Operate } from '#kms/action.ts';
import { noStore } from '#kms/api/no-store.ts';
import { problems } from '#kms/api/schemas.ts';
import type { RandomBytes } from '#kms/jose/key-material.ts';
import { elasticKeyPath } from '../elastic-keys/elastic-key.schemas.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';
import { MAX_CONTENT } from './schemas.ts';

/** The parts that every operation is made of. */
export interface OperationOptions {
  readonly operate: Operate<KeyRing>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly random?: RandomBytes | undefined;
}

/** Authenticated data of a JWE: bound as a digest in its header, required again to open it. */
export interface WithContext {
  readonly context?: string;
}

/** Bytes of a request body that holds the largest content and its context. */
const BODY_LIMIT = 2 * MAX_CONTENT;

/** Options of the route of an operation. */
export const operationRoute = <B extends TSchema, A extends TSchema>(facts: {
  action: Action<'use'>;
  operationId: string;
  summary: string;
  description: string;
  body: B;
  answer: A;
}) => ({
  config: { action: facts.action },
  bodyLimit: BODY_LIMIT,
  onRequest: noStore,
  schema: {
    operationId: facts.operationId,
    summary: facts.summary,
    description: facts.description,
    tags: ['Cryptography'],
    params: elasticKeyPath,
    body: facts.body,
    response: { 200: facts.answer, ...problems },
  },
});

import type { Static, TObject, TSchema } from 'typebox';
import type { Action, Operate } from '#kms/action.ts';
import { noStore } from '#kms/api/no-store.ts';
import { problems } from '#kms/api/schemas.ts';
import type { Caller } from '#kms/caller.ts';
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

/** An operation as its routes have it: one body, or many in a batch. */
export interface Operation<B extends TObject = TObject, A extends TSchema = TSchema> {
  /** Its name is the last part of the path. */
  readonly action: Action<'use'>;
  readonly summary: string;
  readonly description: string;
  readonly body: B;
  readonly answer: A;
  /** @param key id or name of the elastic key */
  readonly run: (caller: Caller, key: string, body: Static<B>) => Promise<Static<A>>;
}

/** The name of an operation in the description of the API: `macVerify` of `mac-verify`. */
export const operationIdOf = ({ name }: Pick<Action, 'name'>): string =>
  name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Options of a route with these schemas; answers may hold secrets, so no cache keeps them. */
export const operationRoute = <B extends TSchema, A extends TSchema>(facts: {
  readonly action: Action<'use'>;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly body: B;
  readonly answer: A;
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

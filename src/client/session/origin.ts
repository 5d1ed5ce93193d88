import type { HttpsResponse } from '#infra/http/client.ts';

/** A request as it was sent, and its answer. */
export interface SentExchange {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    /** What was sent as JSON or as it is; null for nothing. */
    readonly body: string | Buffer | Readonly<Record<string, unknown>> | null;
    /** What was sent as a form; null for none. */
    readonly form: Readonly<Record<string, string>> | null;
  };
  readonly response: HttpsResponse;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  readonly durationMs: number;
}

/** The place of a value: an answer as a whole, or (JSON Pointer) an object of its body. */
export interface Origin {
  readonly exchange: SentExchange;
  readonly pointer: string;
}

/** It keeps nothing alive: an exchange goes with the last value of it that somebody holds. */
const ORIGINS = new WeakMap<object, Origin>();

/** Objects are remembered down to the entries of a list in a body, which is as deep as callers hand them on. */
const MAX_DEPTH = 3;

/** The exchange from which an answer, or an object of its parsed body, came; undefined for any other value. */
export const originOf = (value: object): Origin | undefined => ORIGINS.get(value);

/** The exchange of an answer, and the answer so that it and the objects of its body know their origin. */
export const withOrigin = (exchange: SentExchange): SentExchange => {
  const { response } = exchange;
  const answer: HttpsResponse = {
    ...response,
    json: <T>(): T => {
      const value = response.json<T>();
      remember(value, { exchange: known, pointer: '' }, MAX_DEPTH);
      return value;
    },
  };
  const known: SentExchange = { ...exchange, response: answer };
  ORIGINS.set(answer, { exchange: known, pointer: '' });
  return known;
};

const remember = (value: unknown, origin: Origin, depth: number): void => {
  if (typeof value !== 'object' || value === null || depth === 0) return;
  ORIGINS.set(value, origin);
  for (const [name, member] of Object.entries(value)) {
    const pointer = `${origin.pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    remember(member, { ...origin, pointer }, depth - 1);
  }
};

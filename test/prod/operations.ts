import type { HttpsRequest } from '#infra/http/client.ts';

/** An elastic key that a client was told is there. */
export interface KnownKey {
  readonly tenant: string;
  readonly id: string;
  readonly name: string;
  readonly algorithm: string;
  /** Acknowledged versions and the material key of each. */
  readonly versions: Map<number, string>;
}

/** A JWE or JWS that the KMS made of a content; `content` is base64url. */
export interface Protected {
  readonly key: KnownKey;
  readonly content: string;
  readonly context?: string;
  readonly text: string;
  readonly materialKeyId: string;
}

/** One request of a client, as data; what the right answer is follows from it. */
export type Operation =
  | {
      readonly kind: 'create';
      readonly tenant: string;
      readonly name: string;
      readonly algorithm: string;
      /** An attempt before this one broke: it may have been done all the same. */
      readonly again: boolean;
    }
  | { readonly kind: 'find'; readonly tenant: string; readonly name: string; readonly algorithm: string }
  | { readonly kind: 'read'; readonly key: KnownKey; readonly atLeast: number }
  | { readonly kind: 'rotate'; readonly key: KnownKey; readonly above: number }
  | { readonly kind: 'encrypt'; readonly key: KnownKey; readonly content: string; readonly context: string }
  | { readonly kind: 'decrypt'; readonly sealed: Protected }
  | { readonly kind: 'sign'; readonly key: KnownKey; readonly content: string }
  | { readonly kind: 'verify'; readonly signed: Protected }
  | { readonly kind: 'list'; readonly tenant: string }
  /** Another tenant's key, which must be as absent as one that never was. */
  | { readonly kind: 'trespass'; readonly tenant: string; readonly key: KnownKey };

/** Whose credential the request carries. */
export const tenantOf = (operation: Operation): string => {
  if ('tenant' in operation) return operation.tenant;
  if ('key' in operation) return operation.key.tenant;
  return ('sealed' in operation ? operation.sealed : operation.signed).key.tenant;
};

type Body = Readonly<Record<string, unknown>>;

const get = (url: string) => ({ url });
const post = (url: string, body?: Body) => ({ method: 'POST', url, ...(body === undefined ? {} : { body }) });

/** @param base of the service API, for example https://localhost:8081/service/api/v1 */
export const requestOf = (operation: Operation, base: string): HttpsRequest => {
  const keys = `${base}/elastic-keys`;
  const of = (key: KnownKey) => `${keys}/${key.id}`;
  switch (operation.kind) {
    case 'create':
      return post(keys, { name: operation.name, algorithm: operation.algorithm });
    case 'find':
      return get(`${keys}?${new URLSearchParams({ name: operation.name })}`);
    case 'read':
      return get(of(operation.key));
    case 'rotate':
      return post(`${of(operation.key)}/material-keys`);
    case 'encrypt':
      return post(`${of(operation.key)}/encrypt`, { plaintext: operation.content, context: operation.context });
    case 'decrypt': {
      const { key, text, context } = operation.sealed;
      return post(`${of(key)}/decrypt`, { ciphertext: text, ...(context === undefined ? {} : { context }) });
    }
    case 'sign':
      return post(`${of(operation.key)}/sign`, { payload: operation.content });
    case 'verify':
      return post(`${of(operation.signed.key)}/verify`, { jws: operation.signed.text });
    case 'list':
      return get(`${keys}?limit=100&sort=-created_at`);
    case 'trespass':
      return get(of(operation.key));
  }
};

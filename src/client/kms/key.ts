import type { HttpsResponse } from '#infra/http/client.ts';
import type { KmsApi } from './kms.ts';
import type { KmsAnswer, KmsBody, MaterialKey } from './operations.ts';

/**
 * One elastic key and what a caller does with it. Bytes travel as base64url without padding, JOSE objects in compact form; a `context`
 * is text that the same call must give again to open.
 *
 * Every call but `call` throws an AppError `unexpected-answer` where the KMS refuses.
 */
export interface KeyApi {
  readonly id: string;
  encrypt(plaintext: string, context?: string): Promise<KmsAnswer<'encrypt'>>;
  /** The plaintext. */
  decrypt(ciphertext: string, context?: string): Promise<string>;
  /** The same content under the newest version. */
  rewrap(ciphertext: string, context?: string): Promise<KmsAnswer<'rewrap'>>;
  sign(payload: string): Promise<KmsAnswer<'sign'>>;
  /** Whether the signature is one of this key. */
  verify(jws: string): Promise<boolean>;
  wrap(key: string): Promise<KmsAnswer<'wrap'>>;
  /** The key. */
  unwrap(wrappedKey: string): Promise<string>;
  /** A new data key, in the clear and protected. */
  generate(bits?: KmsBody<'generate'>['bits']): Promise<KmsAnswer<'generate'>>;
  /** Its public keys as a JWK Set. */
  jwks(): Promise<KmsAnswer<'readJwks'>>;
  /** A new version, which protects from now on. @param idempotencyKey the same for a rotation that is asked for again */
  rotate(idempotencyKey?: string): Promise<MaterialKey>;
  /** All versions, newest first. */
  versions(): Promise<readonly MaterialKey[]>;
  /** Any request to one of its operations, for example `encrypt`, and its answer whatever it is. */
  call(operation: string, body?: Readonly<Record<string, unknown>>): Promise<HttpsResponse>;
}

export const keyApi = (kms: KmsApi, id: string): KeyApi => {
  const path = { id };
  return {
    id,
    encrypt: (plaintext, context) => kms.invoke('encrypt', { path, body: { plaintext, ...bound(context) } }),
    decrypt: async (ciphertext, context) => (await kms.invoke('decrypt', { path, body: { ciphertext, ...bound(context) } })).plaintext,
    rewrap: (ciphertext, context) => kms.invoke('rewrap', { path, body: { ciphertext, ...bound(context) } }),
    sign: (payload) => kms.invoke('sign', { path, body: { payload } }),
    verify: async (jws) => (await kms.invoke('verify', { path, body: { jws } })).valid,
    wrap: (key) => kms.invoke('wrap', { path, body: { key } }),
    unwrap: async (wrapped) => (await kms.invoke('unwrap', { path, body: { wrapped_key: wrapped } })).key,
    generate: (bits) => kms.invoke('generate', { path, body: bits === undefined ? {} : { bits } }),
    jwks: () => kms.invoke('readJwks', { path }),
    rotate: (idempotencyKey) => kms.invoke('rotateElasticKey', { path }, idempotencyKey === undefined ? {} : { idempotencyKey }),
    versions: () => kms.all('listMaterialKeys', { path }),
    call: (operation, body) => kms.call('POST', `/elastic-keys/${id}/${operation}`, body),
  };
};

const bound = (context: string | undefined): { readonly context?: string } => (context === undefined ? {} : { context });

import type { JSONWebKeySet } from 'jose';
import type { HttpsResponse } from '#infra/http/client.ts';
import type { KmsApi, MaterialKey } from './kms.ts';

type Body = Readonly<Record<string, unknown>>;
type WithKey = { readonly material_key_id: string };

/** What one can do with one elastic key. Bytes travel as base64url. */
export interface KeyApi {
  readonly id: string;
  encrypt(plaintext: string, context?: string): Promise<WithKey & { readonly ciphertext: string }>;
  /** The plaintext. */
  decrypt(ciphertext: string, context?: string): Promise<string>;
  rewrap(ciphertext: string, context?: string): Promise<WithKey & { readonly ciphertext: string; readonly plaintext?: string }>;
  sign(payload: string): Promise<WithKey & { readonly jws: string }>;
  verify(jws: string): Promise<boolean>;
  wrap(key: string): Promise<WithKey & { readonly wrapped_key: string }>;
  /** The key. */
  unwrap(wrappedKey: string): Promise<string>;
  generate(bits: number): Promise<WithKey & { readonly ciphertext: string; readonly plaintext: string }>;
  jwks(): Promise<JSONWebKeySet>;
  rotate(): Promise<MaterialKey>;
  versions(): Promise<readonly MaterialKey[]>;
  /** Any answer of an operation, for refusals. */
  call(operation: string, body?: Body): Promise<HttpsResponse>;
}

export const keyApi = (kms: KmsApi, id: string): KeyApi => {
  const path = `/elastic-keys/${id}`;
  const want = <T>(operation: string, body?: Body): Promise<T> => kms.want<T>('POST', `${path}/${operation}`, body);
  return {
    id,
    encrypt: (plaintext, context) => want('encrypt', { plaintext, ...bound(context) }),
    decrypt: async (ciphertext, context) => (await want<{ plaintext: string }>('decrypt', { ciphertext, ...bound(context) })).plaintext,
    rewrap: (ciphertext, context) => want('rewrap', { ciphertext, ...bound(context) }),
    sign: (payload) => want('sign', { payload }),
    verify: async (jws) => (await want<{ valid: boolean }>('verify', { jws })).valid,
    wrap: (key) => want('wrap', { key }),
    unwrap: async (wrapped) => (await want<{ key: string }>('unwrap', { wrapped_key: wrapped })).key,
    generate: (bits) => want('generate', { bits }),
    jwks: () => kms.want('GET', `${path}/jwks`),
    rotate: () => want('material-keys'),
    versions: () => kms.all(`${path}/material-keys`),
    call: (operation, body) => kms.call('POST', `${path}/${operation}`, body),
  };
};

const bound = (context: string | undefined): Body => (context === undefined ? {} : { context });

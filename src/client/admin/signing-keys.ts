import type { HttpsClient } from '#infra/http/client.ts';
import { refusalOf } from '../problem.ts';

interface AdminOptions {
  /** Of the admin listener. */
  readonly url: string;
  /** Shows the certificate of an operator. */
  readonly client: Pick<HttpsClient, 'request'>;
}

/** Key ids: which signs now, and which will after the next rotation. */
interface Changed {
  readonly active: string;
  readonly published: string;
}

interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly state: string;
}

const ask = async <T>({ url, client }: AdminOptions, method: 'GET' | 'POST', path: string): Promise<T> => {
  const response = await client.request({ method, url: new URL(path, url) });
  if (response.status !== 200) throw refusalOf(response);
  return response.json<T>();
};

/**
 * The keys with which Identity signs tokens, those that sign now first, over its admin listener.
 *
 * @throws AppError with the code and the fix of Identity where it refuses; of the connection
 */
export const listSigningKeys = async (options: AdminOptions): Promise<readonly SigningKey[]> =>
  (await ask<{ keys: SigningKey[] }>(options, 'GET', '/admin/v1/signing-keys')).keys;

/** Takes the next key of each algorithm into use. @throws as `listSigningKeys` */
export const rotateSigningKeys = (options: AdminOptions): Promise<Changed & { readonly retired: string }> =>
  ask(options, 'POST', '/admin/v1/signing-keys/rotation');

/** Deletes a key that leaked. @throws as `listSigningKeys` */
export const withdrawSigningKey = ({
  kid,
  ...options
}: AdminOptions & { readonly kid: string }): Promise<Changed & { withdrawn: string }> =>
  ask(options, 'POST', `/admin/v1/signing-keys/${encodeURIComponent(kid)}/withdrawal`);

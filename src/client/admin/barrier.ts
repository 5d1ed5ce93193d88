import type { HttpsClient } from '#infra/http/client.ts';
import { refusalOf } from '../problem.ts';

interface AdminOptions {
  /** Of the admin listener. */
  readonly url: string;
  /** Shows the certificate of an operator. */
  readonly client: Pick<HttpsClient, 'request'>;
}

/** The seal of one KMS process. */
export interface SealStatus {
  readonly sealed: boolean;
  /** Whether its database has a root key. */
  readonly initialized: boolean;
  /** Unseal shares that were given and do not suffice yet. */
  readonly given: number;
  /** So many are needed; null where nothing says it yet. */
  readonly threshold: number | null;
  /** So many were made of the set that is being given. */
  readonly shares: number | null;
  /** So many the configuration names. */
  readonly share_files: number;
}

const ask = async <T>(
  { url, client }: AdminOptions,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<T> => {
  const response = await client.request({ method, url: new URL(path, url), ...(body === undefined ? {} : { body }) });
  if (response.status !== 200) throw refusalOf(response);
  return response.json<T>();
};

/** @throws AppError with the code and the fix of the KMS where it refuses; of the connection */
export const sealStatus = (options: AdminOptions): Promise<SealStatus> => ask(options, 'GET', '/admin/v1/seal-status');

/** Makes the KMS forget every key. @throws as `sealStatus` */
export const seal = (options: AdminOptions): Promise<SealStatus> => ask(options, 'POST', '/admin/v1/seal');

/** Gives one unseal share. @throws as `sealStatus` */
export const unseal = ({ share, ...options }: AdminOptions & { readonly share: string }): Promise<SealStatus> =>
  ask(options, 'POST', '/admin/v1/unseal', { share });

/** Makes the KMS forget the shares that were given. @throws as `sealStatus` */
export const resetUnseal = (options: AdminOptions): Promise<SealStatus> => ask(options, 'DELETE', '/admin/v1/unseal');

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

/** A key above the tenants. */
export interface BarrierKeyBody {
  readonly id: string;
  readonly version: number;
  /** RFC 3339. */
  readonly created_at: string;
}

/** The key hierarchy of a KMS, and how far older keys of it are retired. */
export interface BarrierBody {
  readonly root: BarrierKeyBody;
  readonly intermediate: BarrierKeyBody;
  readonly older_intermediates: number;
  readonly tenants: number;
  readonly older_content_keys: number;
  /** By the process that answers, since its start. */
  readonly rewrapped: { readonly content_keys: number; readonly secrets: number };
}

/** @throws as `sealStatus`; `sealed` 503 */
export const barrierKeys = (options: AdminOptions): Promise<BarrierBody> => ask(options, 'GET', '/admin/v1/barrier');

/**
 * Makes a new key of a level.
 *
 * @param options.tenantId with `content`: of this tenant alone
 * @throws as `barrierKeys`
 */
export const rotateBarrier = ({
  level,
  tenantId,
  ...options
}: AdminOptions & { readonly level: string; readonly tenantId: string | undefined }): Promise<BarrierBody & { readonly made: number }> =>
  ask(options, 'POST', '/admin/v1/barrier/rotation', { level, ...(tenantId === undefined ? {} : { tenant_id: tenantId }) });

/** A new set of unseal shares, as far as it has come. */
export interface ReshareBody {
  readonly state: 'none' | 'asking' | 'confirming' | 'done';
  /** Shares that were given in this state: present ones while asking, new ones while confirming. */
  readonly given: number;
  readonly needed: number | null;
  /** Of the new set. */
  readonly threshold: number | null;
  readonly shares: number | null;
}

const RESHARING = '/admin/v1/barrier/resharing';

/** @throws as `sealStatus` */
export const reshareState = (options: AdminOptions): Promise<ReshareBody> => ask(options, 'GET', RESHARING);

/** @throws as `sealStatus`; `reshare-under-way` 409, `sealed` 503 */
export const startReshare = ({
  threshold,
  shares,
  ...options
}: AdminOptions & { readonly threshold: number; readonly shares: number }): Promise<ReshareBody> =>
  ask(options, 'POST', RESHARING, { threshold, shares });

/** Gives a present share, or a new one once the new ones were answered. @throws as `sealStatus` */
export const giveReshare = ({
  share,
  ...options
}: AdminOptions & { readonly share: string }): Promise<ReshareBody & { readonly new_shares: readonly string[] | null }> =>
  ask(options, 'POST', `${RESHARING}/shares`, { share });

/** The present shares stay. @throws as `sealStatus` */
export const cancelReshare = (options: AdminOptions): Promise<ReshareBody> => ask(options, 'DELETE', RESHARING);

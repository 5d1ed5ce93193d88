import type { HttpsClient } from '#infra/http/client.ts';
import { refusalOf } from '../problem.ts';

/** A tenant that was made. */
export interface MadeTenant {
  readonly id: string;
  readonly name: string;
  readonly administrator: { readonly username: string; readonly roles: readonly string[] };
  /** False where it was there already, with this administrator and password. */
  readonly isNew: boolean;
}

/** Milliseconds: a database and its keys are made, and replicas take their time to hear of a change. */
const CREATE_MS = 60_000;

/**
 * Makes a tenant with its first administrator, over the admin listener of the KMS.
 *
 * @param options.url of the admin listener
 * @param options.client shows the certificate of an operator
 * @throws AppError with the code, the fields and the fix of the KMS where it refuses; of the connection
 */
export const createTenant = async (options: {
  readonly url: string;
  readonly client: Pick<HttpsClient, 'request'>;
  readonly name: string;
  readonly administrator: { readonly username: string; readonly password: string };
}): Promise<MadeTenant> => {
  const { url, client, name, administrator } = options;
  const response = await client.request({
    method: 'POST',
    url: new URL('/admin/v1/tenants', url),
    body: { name, administrator },
    timeoutMs: CREATE_MS,
  });
  if (response.status !== 201 && response.status !== 200) throw refusalOf(response);
  return { ...response.json<Omit<MadeTenant, 'isNew'>>(), isNew: response.status === 201 };
};

/** As much of a tenant as operators are shown. */
export interface ShownTenant {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  /** RFC 3339; null where no removal is scheduled. */
  readonly removal_at: string | null;
}

interface AdminOptions {
  /** Of the admin listener. */
  readonly url: string;
  /** Shows the certificate of an operator. */
  readonly client: Pick<HttpsClient, 'request'>;
}

const ask = async <T>({ url, client }: AdminOptions, method: 'GET' | 'POST' | 'DELETE', path: string): Promise<T> => {
  const response = await client.request({ method, url: new URL(path, url), timeoutMs: CREATE_MS });
  if (response.status !== 200 && response.status !== 202) throw refusalOf(response);
  return response.json<T>();
};

/** All tenants, the oldest first, and the records of those that were removed. @throws as `createTenant` */
export const listTenants = async (options: AdminOptions): Promise<readonly ShownTenant[]> => {
  const all: ShownTenant[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page: { items: ShownTenant[]; next_cursor: string | null } = await ask(options, 'GET', `/admin/v1/tenants?limit=100${query}`);
    all.push(...page.items);
    cursor = page.next_cursor;
  }
  return all;
};

const pathOf = (tenant: string): string => `/admin/v1/tenants/${encodeURIComponent(tenant)}`;

/** @param options.tenant id or name @throws as `createTenant` */
export const changeTenant = ({
  tenant,
  step,
  ...options
}: AdminOptions & { readonly tenant: string; readonly step: 'suspend' | 'activate' | 'restore' }): Promise<ShownTenant> =>
  ask(options, 'POST', `${pathOf(tenant)}/${step}`);

/** @param options.waitDays 1 to 365 @throws as `createTenant` */
export const removeTenant = ({
  tenant,
  waitDays,
  ...options
}: AdminOptions & { readonly tenant: string; readonly waitDays: number }): Promise<ShownTenant> =>
  ask(options, 'DELETE', `${pathOf(tenant)}?wait_days=${waitDays}`);

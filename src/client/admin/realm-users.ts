import type { HttpsClient } from '#infra/http/client.ts';
import { refusalOf } from '../problem.ts';

/** A user of the database realm, as the KMS shows one. */
export interface RealmUserBody {
  readonly id: string;
  readonly username: string;
  readonly roles: readonly string[];
  readonly enabled: boolean;
  readonly email: string | null;
  readonly display_name: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  readonly updated_at: string;
  readonly password_changed_at: string;
}

/** The members of a user that others say. */
export interface RealmUserProfile {
  readonly roles?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
  readonly email?: string | undefined;
  readonly display_name?: string | undefined;
  readonly metadata?: unknown;
}

export type NewPasswordBody = { readonly password: string } | { readonly password_hash: string };

/** Milliseconds: a password is hashed, and replicas take their time to hear of a change. */
const CHANGE_MS = 60_000;

const one = (user: string): string => `/${encodeURIComponent(user)}`;
const meant = (isLastMeant: boolean): string => (isLastMeant ? '?allow_no_administrator=true' : '');

/**
 * The users of one tenant, over the admin listener of the KMS.
 *
 * @param options.url of the admin listener
 * @param options.client shows the certificate of an operator
 * @param options.tenant its id or its name
 * @returns requests that throw AppError with the code, the fields and the fix of the KMS where it refuses
 */
export const realmUsers = (options: { readonly url: string; readonly client: Pick<HttpsClient, 'request'>; readonly tenant: string }) => {
  const { url, client, tenant } = options;
  const ask = async <T>(method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T> => {
    const response = await client.request({
      method,
      url: new URL(`/admin/v1/tenants/${encodeURIComponent(tenant)}/realm-users${path}`, url),
      ...(body === undefined ? {} : { body: { ...body } }),
      timeoutMs: CHANGE_MS,
    });
    if (response.status !== 200 && response.status !== 201) throw refusalOf(response);
    return response.json<T>();
  };
  return {
    /** All of them, page by page. */
    list: async (filter: { readonly username?: string } = {}): Promise<readonly RealmUserBody[]> => {
      const users: RealmUserBody[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const query = new URLSearchParams({ limit: '100', ...filter, ...(cursor === '' ? {} : { cursor }) });
        const page: { readonly items: readonly RealmUserBody[]; readonly next_cursor: string | null } = await ask('GET', `?${query}`);
        users.push(...page.items);
        cursor = page.next_cursor;
      }
      return users;
    },
    add: (user: RealmUserProfile & NewPasswordBody & { readonly username: string }): Promise<RealmUserBody> => ask('POST', '', user),
    /** @param isLastMeant that nobody may be left who administers the users of the tenant */
    set: (user: string, changes: RealmUserProfile, isLastMeant: boolean): Promise<RealmUserBody> =>
      ask('PATCH', `${one(user)}${meant(isLastMeant)}`, changes),
    setPassword: (user: string, password: NewPasswordBody): Promise<RealmUserBody> => ask('PUT', `${one(user)}/password`, password),
    /** @returns the user as he was */
    remove: (user: string, isLastMeant: boolean): Promise<RealmUserBody> => ask('DELETE', `${one(user)}${meant(isLastMeant)}`),
  };
};

export type RealmUsersClient = ReturnType<typeof realmUsers>;

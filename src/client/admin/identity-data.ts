import type { HttpsClient } from '#infra/http/client.ts';
import type { ClientSecurityBody } from './client-security.ts';
import { refusalOf } from '../problem.ts';

/** An account, as the admin listener of Identity takes it. */
export interface AccountBody {
  readonly username: string;
  readonly password: string;
  readonly name: string;
  readonly email: string;
  readonly tenant_id: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** An OAuth client, as the admin listener of Identity takes it. @see RFC 7591 section 2 */
export interface ClientBody extends ClientSecurityBody {
  readonly client_id: string;
  readonly secret?: string;
  readonly name: string;
  readonly application_type: string;
  readonly token_endpoint_auth_method: string;
  readonly grant_types: readonly string[];
  readonly token_binding: string;
  readonly token_format?: string;
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris: readonly string[];
  readonly cors_origins: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant_id?: string;
  readonly roles: readonly string[];
}

interface AdminOptions {
  /** Of the admin listener. */
  readonly url: string;
  /** Shows the certificate of an operator. */
  readonly client: Pick<HttpsClient, 'request'>;
}

const post = async <T>({ url, client }: AdminOptions, path: string, body: object): Promise<T> => {
  const response = await client.request({ method: 'POST', url: new URL(path, url), body: { ...body } });
  if (response.status !== 201) throw refusalOf(response);
  return response.json<T>();
};

/** @throws AppError with the code, the fields and the fix of Identity where it refuses; of the connection */
export const createAccount = ({
  account,
  ...options
}: AdminOptions & { readonly account: AccountBody }): Promise<{ readonly id: string }> => post(options, '/admin/v1/accounts', account);

/** @throws as `createAccount` */
export const createClient = async ({ registration, ...options }: AdminOptions & { readonly registration: ClientBody }): Promise<void> => {
  await post(options, '/admin/v1/clients', registration);
};

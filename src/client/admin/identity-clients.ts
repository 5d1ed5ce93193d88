import type { ClientSecurityBody } from './client-security.ts';
import { type IdentityAdmin, identityRequests } from './identity-admin.ts';

/** What an OAuth client is, as the admin listener of Identity takes it; what is absent has the default of Identity. @see RFC 7591 section 2 */
export interface ClientFieldsBody extends ClientSecurityBody {
  readonly name?: string;
  readonly application_type?: string;
  readonly token_endpoint_auth_method?: string;
  readonly grant_types?: readonly string[];
  readonly redirect_uris?: readonly string[];
  readonly post_logout_redirect_uris?: readonly string[];
  readonly backchannel_logout_uri?: string;
  readonly cors_origins?: readonly string[];
  readonly scopes?: readonly string[];
  readonly roles?: readonly string[];
  readonly access_token_ttl_seconds?: number;
  readonly token_binding?: string;
  readonly token_format?: string;
  readonly first_party?: boolean;
  readonly require_pkce?: boolean;
}

export interface NewClientBody extends ClientFieldsBody {
  readonly client_id: string;
  readonly tenant_id?: string;
  /** Made by Identity where it is absent and the client has one. */
  readonly secret?: string;
}

/** A client as Identity shows it to operators. */
export interface ShownClient extends Readonly<Record<string, unknown>> {
  readonly client_id: string;
  readonly name: string;
  readonly source: string;
  readonly disabled: boolean;
  readonly tenant_id: string | null;
  readonly token_endpoint_auth_method: string;
  readonly secret: { readonly made_at: string; readonly previous_ends_at: string | null } | null;
}

interface Rotated {
  readonly client_id: string;
  readonly client_secret: string;
  readonly previous_ends_at: string | null;
}

const of = (id: string, rest = ''): string => `/${encodeURIComponent(id)}${rest}`;

/** The OAuth clients of Identity, over its admin listener. @returns requests that throw as `identityRequests` */
export const identityClients = (admin: IdentityAdmin) => {
  const { send, all } = identityRequests(admin, '/admin/v1/clients');
  return {
    create: async (client: NewClientBody) =>
      (await send('POST', '', { body: client })).json<
        ShownClient & { readonly client_secret?: string; readonly warnings: readonly string[] }
      >(),
    list: () => all<ShownClient>(),
    read: async (id: string): Promise<{ readonly client: ShownClient; readonly etag: string }> => {
      const response = await send('GET', of(id));
      return { client: response.json<ShownClient>(), etag: String(response.headers['etag']) };
    },
    /** @param changes null takes back what need not be there @param etag of what is changed, as it was read */
    change: async (id: string, changes: Readonly<Record<string, unknown>>, etag?: string): Promise<ShownClient> => {
      const headers: Readonly<Record<string, string>> = etag === undefined ? {} : { 'if-match': etag };
      return (await send('PATCH', of(id), { headers, body: changes })).json<ShownClient>();
    },
    setDisabled: async (id: string, disabled: boolean): Promise<void> =>
      void (await send('PUT', of(id, '/disabled'), { body: { disabled } })),
    remove: async (id: string): Promise<void> => void (await send('DELETE', of(id))),
    rotateSecret: async (id: string, body: { readonly overlap_seconds: number; readonly replace_newest: boolean }): Promise<Rotated> =>
      (await send('POST', of(id, '/secret-rotation'), { body })).json<Rotated>(),
    endPreviousSecret: async (id: string): Promise<void> => void (await send('DELETE', of(id, '/previous-secret'))),
  };
};

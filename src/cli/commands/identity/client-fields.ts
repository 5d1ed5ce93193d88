import type { ClientFieldsBody } from '#client/admin/identity-clients.ts';
import type { CLIENT_CHANGE_FLAGS } from '#cli/settings/client-change-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { FLAG_OF_SECURITY_FIELD, securityOfFlags } from './client-security.ts';

/** Where each field of a client comes from, for a refusal. */
export const FLAG_OF_CLIENT_FIELD = {
  '/name': '--name',
  '/application_type': '--type',
  '/token_endpoint_auth_method': '--auth',
  '/grant_types': '--grant',
  '/token_binding': '--token-binding',
  '/token_format': '--token-format',
  '/access_token_ttl_seconds': '--access-token-ttl',
  '/redirect_uris': '--redirect-uri',
  '/post_logout_redirect_uris': '--post-logout-redirect-uri',
  '/backchannel_logout_uri': '--backchannel-logout-uri',
  '/cors_origins': '--cors-origin',
  '/scopes': '--scope',
  '/roles': '--role',
  '/first_party': '--first-party',
  '/require_pkce': '--no-pkce',
  ...FLAG_OF_SECURITY_FIELD,
} as const;

/** Grants whose name in the protocol is long. @see RFC 8628 section 3.4 */
const GRANT_TYPES: Readonly<Record<string, string>> = { device_code: 'urn:ietf:params:oauth:grant-type:device_code' };

type FieldFlags = Omit<ValuesOf<typeof CLIENT_CHANGE_FLAGS>, 'clear' | 'ifMatch' | 'secretOut' | 'stateDir' | 'operator' | 'url'>;

/** What flags say of a client; what they do not say is absent. @throws AppError `usage` */
export const fieldsOfFlags = async (flags: FieldFlags, cwd: string): Promise<ClientFieldsBody> => {
  const fields = {
    name: flags.name,
    application_type: flags.type,
    token_endpoint_auth_method: flags.auth,
    grant_types: flags.grant?.map((grant) => GRANT_TYPES[grant] ?? grant),
    redirect_uris: flags.redirectUri,
    post_logout_redirect_uris: flags.postLogoutRedirectUri,
    backchannel_logout_uri: flags.backchannelLogoutUri,
    cors_origins: flags.corsOrigin,
    scopes: flags.scope,
    roles: flags.role,
    access_token_ttl_seconds: flags.accessTokenTtl,
    token_binding: flags.tokenBinding,
    token_format: flags.tokenFormat,
    first_party: flags.firstParty,
    require_pkce: flags.pkce,
    ...(await securityOfFlags(flags, cwd)),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
};

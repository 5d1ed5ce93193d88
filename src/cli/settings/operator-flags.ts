import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { CLIENT_SECURITY_FLAGS } from './client-security-flags.ts';
import { IDENTITY_ADMIN_FLAGS } from './identity-admin-flags.ts';
import { REQUIRED, setting } from './setting.ts';
import { boolean, file, files, folder, manyOf, oneOf, origin, text, texts, wholeNumber } from './value-types.ts';

// Flags of the commands of an operator.

const ASKED = 'the command asks for it';

const passwordFile = setting({
  type: file,
  default: null,
  flags: [{ help: `file with the password, or - for stdin (default: ${ASKED})` }],
});

/** As the servers take a new password or secret. */
const NEW_PASSWORD = 'at least 12 characters';

/** Of somebody who is made: the server looks at its length. */
const newPasswordFile = setting({
  type: file,
  default: null,
  flags: [{ help: `file with the password, ${NEW_PASSWORD}, or - for stdin (default: ${ASKED})` }],
});

const operator = setting({
  type: folder,
  default: REQUIRED,
  flags: [{ help: "folder with ca.pem and an operator's cli-client.pem and .key; of a demo: .passthru/tls" }],
});

const adminUrl = (default_: string, of: string) =>
  setting({ type: origin, default: default_, flags: [{ help: `admin listener of ${of}` }] });

const roles = manyOf(Object.keys(ROLE_SCOPES), 'role');
const ROLES = Object.keys(ROLE_SCOPES).join(', ');

export const TENANT_CREATE_FLAGS = {
  administrator: setting({
    type: text('a user name', 'user'),
    default: REQUIRED,
    flags: [{ help: 'name of its first user, who administers it' }],
  }),
  passwordFile: newPasswordFile,
  operator,
  url: adminUrl('https://localhost:9081', 'the KMS'),
} as const;

export const TENANT_FLAGS = { operator, url: adminUrl('https://localhost:9081', 'the KMS') } as const;

export const TENANT_REMOVE_FLAGS = {
  waitDays: setting({
    type: wholeNumber({ form: 'a number of days from 1 to 365', placeholder: 'days', minimum: 1, maximum: 365 }),
    default: '7',
    flags: [{ help: 'days until it is removed, 1 to 365' }],
  }),
  ...TENANT_FLAGS,
} as const;

const hashFile = setting({
  type: file,
  default: null,
  flags: [{ help: 'file with a hash in place of the password, or - for stdin; passlib, Django, Werkzeug and Spring Security make such' }],
});

/** Of the commands for users in the database. */
export const REALM_USERS_FLAGS = {
  tenant: setting({ type: text('the id or the name of a tenant', 'tenant'), default: REQUIRED, flags: [{ help: 'its id or its name' }] }),
  operator,
  url: adminUrl('https://localhost:9081', 'the KMS'),
} as const;

/** Roles are configurable, so the KMS says which there are. */
const anyRole = { type: texts('roles', 'role'), flags: [{ help: `what the user may do: ${ROLES}, or a role of realms.yml` }] } as const;
const someRole = setting({ ...anyRole, default: REQUIRED });

const profile = {
  email: setting({ type: text('an address', 'address'), default: null, flags: [{ help: 'e-mail address' }] }),
  displayName: setting({ type: text('a name', 'name'), default: null, flags: [{ help: 'name for people' }] }),
  metadataFile: setting({ type: file, default: null, flags: [{ help: 'file with a JSON object of facts about the user' }] }),
} as const;

const allowNoAdministrator = setting({
  type: boolean,
  default: 'false',
  flags: [{ spelling: '--allow-no-administrator', means: true, help: 'it is meant that nobody is left who administers the users' }],
});

export const REALM_USER_ADD_FLAGS = {
  role: someRole,
  passwordFile: newPasswordFile,
  hashFile,
  ...profile,
  ...REALM_USERS_FLAGS,
} as const;

export const REALM_USER_SET_FLAGS = {
  role: setting({ ...anyRole, default: null }),
  ...profile,
  allowNoAdministrator,
  ...REALM_USERS_FLAGS,
} as const;
export const REALM_USER_REMOVE_FLAGS = { allowNoAdministrator, ...REALM_USERS_FLAGS } as const;
export const REALM_USER_PASSWORD_FLAGS = { passwordFile: newPasswordFile, hashFile, ...REALM_USERS_FLAGS } as const;

export const REALM_ADD_FLAGS = {
  tenant: setting({ type: text('the name of a tenant', 'name'), default: REQUIRED, flags: [{ help: 'name of the tenant of the user' }] }),
  role: someRole,
  passwordFile,
  hashFile,
  file: setting({ type: file, default: null, flags: [{ help: 'realms.yml to add the user to (default: print the entry)' }] }),
} as const;

export const HASH_PASSWORD_FLAGS = { passwordFile } as const;

export const ACCOUNT_CREATE_FLAGS = {
  tenant: setting({
    type: text('the id of a tenant', 'id'),
    default: REQUIRED,
    flags: [{ help: 'id of its tenant, as tenant create printed it' }],
  }),
  email: setting({ type: text('an address', 'address'), default: REQUIRED, flags: [{ help: 'e-mail address' }] }),
  name: setting({ type: text('a name', 'name'), default: null, flags: [{ help: 'name for people (default: the user name)' }] }),
  role: setting({ type: roles, default: null, flags: [{ help: `what the account may do: ${ROLES}` }] }),
  permission: setting({ type: texts('scopes', 'scope'), default: null, flags: [{ help: 'scopes beyond those of the roles' }] }),
  passwordFile: newPasswordFile,
  ...IDENTITY_ADMIN_FLAGS,
} as const;

export const CLIENT_CREATE_FLAGS = {
  grant: setting({
    type: manyOf(['authorization_code', 'refresh_token', 'client_credentials', 'device_code'], 'grant'),
    default: REQUIRED,
    flags: [{ help: 'authorization_code, refresh_token, client_credentials, device_code' }],
  }),
  scope: setting({ type: texts('scopes', 'scope'), default: null, flags: [{ help: 'scopes that it may ask for' }] }),
  auth: setting({
    type: oneOf(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'], 'method'),
    default: 'client_secret_basic',
    flags: [{ help: 'how it authenticates; none for a public client' }],
  }),
  tokenBinding: setting({
    type: oneOf(['none', 'dpop', 'certificate'], 'proof'),
    default: 'none',
    flags: [{ help: 'what each of its access tokens is bound to (DPoP key, client certificate)' }],
  }),
  tokenFormat: setting({
    type: oneOf(['jwt', 'opaque'], 'form'),
    default: null,
    flags: [{ help: 'form of its access tokens (default: that of the API)' }],
  }),
  secretFile: setting({
    type: file,
    default: null,
    flags: [{ help: `file with its secret, ${NEW_PASSWORD}, or - for stdin (default: Identity makes one)` }],
  }),
  secretOut: setting({
    type: file,
    default: null,
    flags: [{ help: 'new file for the secret that Identity makes, of mode 0600 (default: it is shown, once)' }],
  }),
  accessTokenTtl: setting({
    type: wholeNumber({ form: 'a number of seconds from 1 to 86400', placeholder: 'seconds', minimum: 1, maximum: 86_400 }),
    default: null,
    flags: [{ help: 'how long its access tokens live (default: as those of the API)' }],
  }),
  firstParty: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--first-party', means: true, help: 'its people are not asked for consent' }],
  }),
  pkce: setting({
    type: boolean,
    default: 'true',
    flags: [{ spelling: '--no-pkce', means: false, help: 'it sends a nonce in the place of PKCE (RFC 9700 section 2.1.1)' }],
  }),
  ...CLIENT_SECURITY_FLAGS,
  type: setting({
    type: oneOf(['web', 'native'], 'type'),
    default: 'web',
    flags: [{ help: 'native for an application on the machine of its user' }],
  }),
  redirectUri: setting({ type: texts('URIs', 'uri'), default: null, flags: [{ help: 'where browsers return after a log-in' }] }),
  corsOrigin: setting({
    type: texts('origins', 'origin'),
    default: null,
    flags: [{ help: 'origins of its pages whose scripts may read answers, such as https://app.example' }],
  }),
  postLogoutRedirectUri: setting({ type: texts('URIs', 'uri'), default: null, flags: [{ help: 'the same after a log-out' }] }),
  backchannelLogoutUri: setting({
    type: text('an https URL', 'uri'),
    default: null,
    flags: [{ help: 'where it is told that a session has ended; `outgoing` of Identity must allow it' }],
  }),
  tenant: setting({
    type: text('the id of a tenant', 'id'),
    default: null,
    flags: [{ help: 'id of its tenant, if it acts for itself' }],
  }),
  role: setting({ type: roles, default: null, flags: [{ help: 'what it may do when it acts for itself' }] }),
  name: setting({ type: text('a name', 'name'), default: null, flags: [{ help: 'name for people (default: the id)' }] }),
  ...IDENTITY_ADMIN_FLAGS,
} as const;

export const AUDIT_FLAGS = { operator, url: adminUrl('https://localhost:9081', 'the KMS') } as const;

export const AUDIT_VERIFY_FLAGS = {
  head: setting({
    type: file,
    default: null,
    flags: [{ help: 'what `audit head --output json` printed, kept elsewhere: its key is trusted, its record must be there' }],
  }),
} as const;

export const ISSUER_KEYS_FLAGS = { operator, url: adminUrl('https://localhost:9081', 'the KMS') } as const;

export const BARRIER_FLAGS = { operator, url: adminUrl('https://localhost:9081', 'the KMS') } as const;

export const BARRIER_UNSEAL_FLAGS = {
  shareFile: setting({
    type: files,
    default: null,
    flags: [{ help: 'files with an unseal share each, or - for one from stdin (default: the command asks for one)' }],
  }),
  reset: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--reset', help: 'forget first the shares that were given before', means: true }],
  }),
  ...BARRIER_FLAGS,
} as const;

export const BARRIER_ROTATE_FLAGS = {
  tenant: setting({
    type: text('the id of a tenant', 'id'),
    default: null,
    flags: [{ help: 'with content: id of the one tenant whose key is rotated (default: all of them)' }],
  }),
  ...BARRIER_FLAGS,
} as const;

const count = (form: string) => wholeNumber({ form, placeholder: 'number', minimum: 2, maximum: 255 });

export const BARRIER_RESHARE_FLAGS = {
  shares: setting({ type: count('2 to 255 shares'), default: null, flags: [{ help: 'so many new shares are made' }] }),
  threshold: setting({ type: count('2 to 255 shares'), default: null, flags: [{ help: 'so many of them unseal' }] }),
  shareFile: setting({
    type: files,
    default: null,
    flags: [{ help: 'files with a present share each, or - for one from stdin (default: the command asks for one)' }],
  }),
  out: setting({ type: folder, default: REQUIRED, flags: [{ help: 'new or empty folder for the new shares' }] }),
  cancel: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--cancel', help: 'end it: the present shares stay', means: true }],
  }),
  ...BARRIER_FLAGS,
} as const;

import { IDENTITY_ADMIN_FLAGS } from './identity-admin-flags.ts';
import { CLIENT_CREATE_FLAGS } from './operator-flags.ts';
import { type Setting, setting, type SettingRows } from './setting.ts';
import { boolean, duration, file, manyOf, text } from './value-types.ts';

type Unstated<R extends SettingRows> = { readonly [K in keyof R]: R[K] extends Setting<infer T> ? Setting<T, null> : never };

/** The same flags, none of which has to be given. */
const unstated = <R extends SettingRows>(rows: R): Unstated<R> =>
  Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, { ...row, default: null }])) as Unstated<R>;

const { tenant: _tenant, secretFile: _secretFile, secretOut, operator: _operator, url: _url, ...fields } = CLIENT_CREATE_FLAGS;

/** What a client may have nothing of, by the name of its flag. */
export const CLEARED_FIELDS = {
  'access-token-ttl': 'access_token_ttl_seconds',
  'backchannel-logout-uri': 'backchannel_logout_uri',
  'cors-origin': 'cors_origins',
  'id-token-alg': 'id_token_signed_response_alg',
  'introspection-alg': 'introspection_signed_response_alg',
  'keep-refresh-tokens': 'rotate_refresh_tokens',
  'post-logout-redirect-uri': 'post_logout_redirect_uris',
  'require-par': 'require_pushed_authorization_requests',
  role: 'roles',
  scope: 'scopes',
  'token-format': 'token_format',
} as const;
/** Those that are lists, which are empty then and not absent. */
export const CLEARED_LISTS: readonly string[] = ['cors_origins', 'post_logout_redirect_uris', 'roles', 'scopes'];

const names = Object.keys(CLEARED_FIELDS) as readonly (keyof typeof CLEARED_FIELDS)[];

/** A list takes the place of the one before. */
export const CLIENT_CHANGE_FLAGS = {
  ...unstated(fields),
  firstParty: setting({
    type: boolean,
    default: null,
    flags: [
      { spelling: '--first-party', means: true, help: 'its people are not asked for consent' },
      { spelling: '--no-first-party', means: false, help: 'they are asked' },
    ],
  }),
  pkce: setting({
    type: boolean,
    default: null,
    flags: [
      { spelling: '--pkce', means: true, help: 'it needs PKCE' },
      { spelling: '--no-pkce', means: false, help: 'it sends a nonce in the place of PKCE (RFC 9700 section 2.1.1)' },
    ],
  }),
  requirePar: setting({
    type: boolean,
    default: null,
    flags: [
      { spelling: '--require-par', means: true, help: 'its authorization requests have to be pushed (RFC 9126)' },
      { spelling: '--no-require-par', means: false, help: 'they may be' },
    ],
  }),
  keepRefreshTokens: setting({
    type: boolean,
    default: null,
    flags: [
      { spelling: '--keep-refresh-tokens', means: true, help: 'its refresh tokens do not rotate, as FAPI 2.0 wants it' },
      { spelling: '--no-keep-refresh-tokens', means: false, help: 'they rotate' },
    ],
  }),
  clear: setting({ type: manyOf(names, 'name'), default: null, flags: [{ help: `what it has no more: ${names.join(', ')}` }] }),
  ifMatch: setting({
    type: text('an etag as show prints it', 'etag'),
    default: null,
    flags: [{ help: 'change it only where it is still as show printed it with this etag' }],
  }),
  ...IDENTITY_ADMIN_FLAGS,
} as const;

export const CLIENT_ROTATE_SECRET_FLAGS = {
  overlap: setting({
    type: duration({ minimum: 0, maximum: 7 * 86_400_000, example: '24h' }),
    default: '1h',
    flags: [{ help: 'how long the present secret is good, too; 0 ends it at once' }],
  }),
  replaceNewest: setting({
    type: boolean,
    default: 'false',
    flags: [
      {
        spelling: '--replace-newest',
        means: true,
        help: 'the answer of the last rotation was lost: the secret before stays good as it is',
      },
    ],
  }),
  endPrevious: setting({
    type: boolean,
    default: 'false',
    flags: [{ spelling: '--end-previous', means: true, help: 'make no new secret, and end the one before at once' }],
  }),
  secretOut,
  ...IDENTITY_ADMIN_FLAGS,
} as const;

export const ACCOUNT_PASSWORD_FLAGS = {
  passwordFile: setting({
    type: file,
    default: null,
    flags: [{ help: 'file with the password, at least 12 characters, or - for stdin (default: the command asks for it)' }],
  }),
  ...IDENTITY_ADMIN_FLAGS,
} as const;

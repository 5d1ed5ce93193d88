import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ClientSecurityBody } from '#client/admin/client-security.ts';
import type { CLIENT_SECURITY_FLAGS } from '#cli/settings/client-security-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';

/** Where each field of the security of a client comes from, for a refusal. */
export const FLAG_OF_SECURITY_FIELD = {
  '/jwks': '--jwks-file',
  '/jwks_uri': '--jwks-uri',
  '/tls_client_auth_subject_dn': '--certificate',
  '/tls_client_auth_san_dns': '--certificate',
  '/tls_client_auth_san_uri': '--certificate',
  '/tls_client_auth_san_email': '--certificate',
  '/tls_client_auth_san_ip': '--certificate',
  '/id_token_signed_response_alg': '--id-token-alg',
  '/introspection_signed_response_alg': '--introspection-alg',
  '/require_pushed_authorization_requests': '--require-par',
  '/rotate_refresh_tokens': '--keep-refresh-tokens',
} as const;

/** @throws AppError `usage` */
const readKeys = async (name: string, cwd: string): Promise<object> => {
  const fix = 'Name a file with a JWK Set: {"keys": [...]}.';
  const text = await readFile(resolve(cwd, name), 'utf8').catch((cause: Error) => {
    throw usageError(`the file ${name} of --jwks-file cannot be read: ${cause.message}`, { fix });
  });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // It is told below, as every other text that is no JWK Set.
  }
  throw usageError(`the file ${name} of --jwks-file is no JSON object`, { fix });
};

/** `san_dns=worker.example` is the field `tls_client_auth_san_dns`. */
const certificateField = (flag: string): ClientSecurityBody => {
  const equals = flag.indexOf('=');
  return { [`tls_client_auth_${flag.slice(0, equals)}`]: flag.slice(equals + 1) };
};

/** Of these a client has one. */
const ALTERNATIVES: readonly (readonly (keyof ClientSecurityBody)[])[] = [
  ['jwks', 'jwks_uri'],
  [
    'tls_client_auth_subject_dn',
    'tls_client_auth_san_dns',
    'tls_client_auth_san_uri',
    'tls_client_auth_san_email',
    'tls_client_auth_san_ip',
  ],
];

/** Of a change that names one of several fields, null for the others: it takes the place of the one that the client had. */
export const displaced = (fields: ClientSecurityBody): Readonly<Record<string, null>> =>
  Object.fromEntries(
    ALTERNATIVES.filter((names) => names.some((name) => fields[name] !== undefined)).flatMap((names) =>
      names.filter((name) => fields[name] === undefined).map((name) => [name, null]),
    ),
  );

/** Of a change: a flag that nobody gave says nothing. */
type Stated<V> = { readonly [K in keyof V]: V[K] | undefined };

/** How a client protects its requests, as the flags of a command say. @throws AppError `usage` */
export const securityOfFlags = async (flags: Stated<ValuesOf<typeof CLIENT_SECURITY_FLAGS>>, cwd: string): Promise<ClientSecurityBody> => ({
  ...(flags.jwksFile === undefined ? {} : { jwks: await readKeys(flags.jwksFile, cwd) }),
  ...(flags.jwksUri === undefined ? {} : { jwks_uri: flags.jwksUri }),
  ...(flags.certificate === undefined ? {} : certificateField(flags.certificate)),
  ...(flags.requirePar === undefined ? {} : { require_pushed_authorization_requests: flags.requirePar }),
  ...(flags.keepRefreshTokens === undefined ? {} : { rotate_refresh_tokens: !flags.keepRefreshTokens }),
  ...(flags.idTokenAlg === undefined ? {} : { id_token_signed_response_alg: flags.idTokenAlg }),
  ...(flags.introspectionAlg === undefined ? {} : { introspection_signed_response_alg: flags.introspectionAlg }),
});

import type { Insertable, Selectable } from 'kysely';
import { InternalError } from '#infra/apperr/app-error.ts';
import { storedWord } from '#infra/database/stored-values.ts';
import type { ClientSecurityRow } from '#identity/database/client-security.table.ts';
import { CERTIFICATE_NAMES, type CertificateNames, fieldOfName, withNames } from './certificate-names.ts';
import type { ClientKeySet } from './client-keys.ts';
import { type ClientSecurity, SIGNED_RESPONSE_ALGORITHMS, type SignedResponseAlgorithm } from './client-security.ts';

type NameColumns = Pick<ClientSecurityRow, `tls_client_auth_${(typeof CERTIFICATE_NAMES)[number]}`>;

const columnsOfNames = (names: CertificateNames): NameColumns => ({
  tls_client_auth_subject_dn: names.subject_dn ?? null,
  tls_client_auth_san_dns: names.san_dns ?? null,
  tls_client_auth_san_uri: names.san_uri ?? null,
  tls_client_auth_san_email: names.san_email ?? null,
  tls_client_auth_san_ip: names.san_ip ?? null,
});

const namesOfRow = (row: NameColumns): CertificateNames =>
  Object.fromEntries(
    CERTIFICATE_NAMES.flatMap((name) => {
      const value = row[fieldOfName(name)];
      return value === null ? [] : [[name, value]];
    }),
  );

export const columnsOfSecurity = (security: ClientSecurity): Required<Insertable<ClientSecurityRow>> => ({
  jwks: security.jwks === undefined ? null : JSON.stringify(security.jwks),
  jwks_uri: security.jwksUri ?? null,
  ...columnsOfNames(security.certificateNames ?? {}),
  id_token_alg: security.idTokenAlgorithm ?? null,
  introspection_alg: security.introspectionAlgorithm ?? null,
  require_par: security.requirePushedRequests === true ? 1 : null,
  rotate_refresh_tokens: security.keepsRefreshTokens === true ? 0 : null,
});

const storedKeys = (json: string): ClientKeySet => {
  const value: unknown = JSON.parse(json);
  const keys: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'keys') : undefined;
  if (Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null)) return { keys };
  throw new InternalError('the jwks of a client are no JWK Set');
};

const storedAlgorithm = (text: string): SignedResponseAlgorithm =>
  storedWord(text, SIGNED_RESPONSE_ALGORITHMS, 'the algorithm of a client');

/** @throws InternalError for a column that holds something else */
export const securityOfRow = (row: Selectable<ClientSecurityRow>): ClientSecurity => ({
  ...(row.jwks === null ? {} : { jwks: storedKeys(row.jwks) }),
  ...(row.jwks_uri === null ? {} : { jwksUri: row.jwks_uri }),
  ...withNames(namesOfRow(row)),
  ...(row.id_token_alg === null ? {} : { idTokenAlgorithm: storedAlgorithm(row.id_token_alg) }),
  ...(row.introspection_alg === null ? {} : { introspectionAlgorithm: storedAlgorithm(row.introspection_alg) }),
  ...(row.require_par === 1 ? { requirePushedRequests: true } : {}),
  ...(row.rotate_refresh_tokens === 0 ? { keepsRefreshTokens: true } : {}),
});

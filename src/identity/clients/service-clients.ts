import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { filePath, strictObject } from '#infra/config/schema.ts';
import { equalSecrets } from '#infra/secrets/compare.ts';
import { isCredible, MAX_BASIC_LENGTH } from '#infra/secrets/credential-limits.ts';
import { readSecret } from '#infra/files/secret-file.ts';
import { peerOf } from '#infra/tls/peer.ts';
import type { ClientRecord } from './client.ts';

const addresses = (description: string) =>
  Type.Array(Type.String({ pattern: '^https://[^\\s#@?]+$', maxLength: 512 }), {
    minItems: 1,
    maxItems: 16,
    uniqueItems: true,
    description,
  });

/** How people log in to a service, which is a confidential client then. */
const logInSchema = strictObject(
  {
    name: Type.String({ minLength: 1, maxLength: 128, description: 'what people read where they allow it something' }),
    redirect_uris: addresses('https addresses to which a log-in leads back, exactly as they are'),
    post_logout_redirect_uris: addresses('https addresses to which a log-out leads back'),
    scopes: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, uniqueItems: true, description: 'all that it may ask for' }),
  },
  { description: 'for a service to which people log in with a browser' },
);

/** A service of the stack that may ask about tokens; it comes from the configuration, not from the database. */
export const serviceClientSchema = strictObject({
  client_id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$', description: 'a client id of lower-case letters, digits and hyphens' }),
  secret_file: Type.Optional(filePath({ description: 'file of mode 0600 with the secret' })),
  certificate_common_name: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description:
        'in the place of a secret: the common name of the client certificate by which it proves itself (RFC 8705 section 2.1); needs `server.client_certificates: request`',
    }),
  ),
  may_introspect: Type.Array(Type.String({ minLength: 1 }), { uniqueItems: true, description: 'audiences of the tokens it may ask about' }),
  log_in: Type.Optional(logInSchema),
});

type ServiceClientConfig = Static<typeof serviceClientSchema>;

/** Issues that no JSON Schema can find. @param of.certificates whether the public listener asks for client certificates */
export const serviceClientIssues = (
  configs: readonly ServiceClientConfig[],
  of: { readonly certificates: boolean },
): readonly FieldIssue[] =>
  configs.flatMap(({ secret_file: secret, certificate_common_name: name, log_in: logIn }, index): FieldIssue[] => {
    const at = `/service_clients/${index}`;
    if ((secret === undefined) === (name === undefined))
      return [{ field: at, message: 'has to have either secret_file or certificate_common_name', fix: 'Give one of the two.' }];
    if (name === undefined) return [];
    const field = `${at}/certificate_common_name`;
    const unseen = 'is never seen while the public listener asks for no client certificate';
    return [
      ...(of.certificates ? [] : [{ field, message: unseen, fix: 'Set server.client_certificates to request.' }]),
      ...(logIn === undefined ? [] : [{ field, message: 'is of no use to a service with log_in, which proves itself by a secret' }]),
    ];
  });

export interface ServiceClient {
  readonly client: ClientRecord;
  /** False for one that proves itself by a certificate. */
  verifySecret(secret: string): boolean;
}

/** What a request shows of who sends it. */
export interface ShownProof {
  readonly authorization: string | undefined;
  /** Of the verified client certificate of the connection; null without one. */
  readonly commonName: () => string | null;
}

/** "encoded using the application/x-www-form-urlencoded encoding algorithm". RFC 6749 section 2.3.1 */
const decoded = (text: string): string => new URLSearchParams(`=${text}`).get('') ?? '';

const SCHEME = 'Basic ';

const byCertificate = (clients: ReadonlyMap<string, ServiceClient>, { commonName }: ShownProof): string | null => {
  const named = [...clients.values()].filter(({ client }) => client.certificateCommonName !== undefined);
  const shown = named.length === 0 ? null : commonName();
  return named.find(({ client }) => client.certificateCommonName === shown)?.client.clientId ?? null;
};

/**
 * The service client that a request proves to come from, by its Authorization header or the certificate of its connection; null for
 * everybody else, and for a header that is longer than one of a name and a secret can be.
 *
 * @see RFC 6749 section 2.3.1, RFC 7617, RFC 8705 section 2.1
 */
export const serviceClientOf = (clients: ReadonlyMap<string, ServiceClient>, shown: ShownProof): string | null => {
  const { authorization } = shown;
  if (authorization === undefined) return byCertificate(clients, shown);
  if (authorization.length > SCHEME.length + MAX_BASIC_LENGTH) return null;
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization) ?? [];
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) return null;
  const [clientId, secret] = [decoded(pair.slice(0, colon)), decoded(pair.slice(colon + 1))];
  return isCredible(clientId, secret) && clients.get(clientId)?.verifySecret(secret) === true ? clientId : null;
};

/** What a request of a public listener shows. @param now epoch milliseconds */
export const shownProofOf = ({ headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>, now: () => number): ShownProof => ({
  authorization: headers.authorization,
  commonName: () => {
    const peer = peerOf(raw.socket);
    return peer === null || peer.endsAt <= now() ? null : peer.commonName;
  },
});

/**
 * Reads the secret of every service client once.
 *
 * @throws AppError `secret-unreadable`
 */
export const loadServiceClients = async (configs: readonly ServiceClientConfig[]): Promise<ReadonlyMap<string, ServiceClient>> => {
  const loaded = await Promise.all(
    configs.map(async (config): Promise<readonly [string, ServiceClient]> => {
      const { client_id, secret_file: file, certificate_common_name: name, may_introspect, log_in: logIn } = config;
      const expected = file === undefined ? null : await readSecret(file, `the secret of the service client ${client_id}`);
      const client: ClientRecord = {
        clientId: client_id,
        name: logIn?.name ?? client_id,
        applicationType: 'web',
        ...(name === undefined
          ? { authMethod: 'client_secret_basic' as const }
          : { authMethod: 'tls_client_auth' as const, certificateCommonName: name }),
        // A refresh token tells it whether a session here goes on.
        grantTypes: logIn === undefined ? [] : ['authorization_code', 'refresh_token'],
        redirectUris: logIn?.redirect_uris ?? [],
        corsOrigins: [],
        postLogoutRedirectUris: logIn?.post_logout_redirect_uris ?? [],
        scopes: logIn?.scopes ?? [],
        tenantId: null,
        roles: [],
        accessTokenTtlSeconds: null,
        tokenBinding: 'none',
        tokenFormat: null,
        firstParty: false,
        requiresPkce: true,
        mayIntrospect: may_introspect,
      };
      // The secret is 32 random bytes of our own making, so that a plain comparison in constant time is enough.
      return [client_id, { client, verifySecret: (secret) => expected !== null && equalSecrets(secret, expected) }];
    }),
  );
  return new Map(loaded);
};

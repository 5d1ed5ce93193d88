import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { clientIssues } from '#identity/clients/client-rules.ts';
import { offeredAlgorithms, type SigningAlgorithm } from '#identity/keys/signing-algorithms.ts';
import { refuseUnknownScopes } from '#identity/resource-servers/known-scopes.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import type { OpenIdProvider } from './openid-provider.ts';
import { isKnownScope } from './records/client-metadata.ts';

/**
 * Refuses a client that somebody makes or changes where it could never work, or would be no safe one. Fields are named as operators and
 * programs write them, the tenant as `tenant_id`.
 *
 * @param hasSecret whether it was given one
 * @throws AppError `client-contradictory`, `scope-unknown` or `client-refused` 400
 */
export type CheckClient = (client: ClientRecord, hasSecret: boolean) => Promise<void>;

/** Algorithms by which nothing is signed here. */
const algorithmIssues = (client: ClientRecord, offered: readonly SigningAlgorithm[]): readonly FieldIssue[] =>
  (
    [
      ['/id_token_signed_response_alg', client.idTokenAlgorithm],
      ['/introspection_signed_response_alg', client.introspectionAlgorithm],
    ] as const
  ).flatMap(([field, algorithm]) =>
    algorithm === undefined || offered.includes(algorithm)
      ? []
      : [
          {
            field,
            message: `must be ${offered.join(' or ')}, which are offered here, not ${algorithm}`,
            fix: `Use one of them, or add ${algorithm} to signing.algorithms in the configuration of Identity.`,
          },
        ],
  );

/** @param options.signingAlgorithms of the configuration, beside ES256 */
export const createClientCheck =
  (options: {
    readonly provider: Pick<OpenIdProvider, 'checkClient'>;
    readonly resourceServers: readonly ResourceServer[];
    readonly signingAlgorithms: readonly SigningAlgorithm[];
  }): CheckClient =>
  async (client, hasSecret) => {
    const { provider, resourceServers, signingAlgorithms } = options;
    const fields = [
      ...clientIssues(client, { hasSecret, pointer: (field) => `/${field === 'tenant' ? 'tenant_id' : field}` }),
      ...algorithmIssues(client, offeredAlgorithms(signingAlgorithms)),
    ];
    if (fields.length > 0)
      throw new AppError('client-contradictory', 400, 'The properties of the client contradict each other.', { fields });
    refuseUnknownScopes(client.scopes, (scope) => isKnownScope(resourceServers, scope), '/scopes');
    await provider.checkClient(client);
  };

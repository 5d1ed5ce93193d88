import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import type { Transaction } from 'kysely';
import { Provider } from 'oidc-provider';
import type { Database } from '#infra/database/databases.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { SigningKeys, SigningKeySet } from '#identity/keys/signing-keys.ts';
import { addAccessTokenHash } from './access-token-hash.ts';
import { installAnswers } from './answers.ts';
import { toClientMetadata } from './client-metadata.ts';
import { createConfiguration } from './configuration.ts';
import { createCookieKeys } from './cookie-keys.ts';
import type { Interactions } from './interactions.ts';
import { createInteractions } from './interactions.ts';
import { createJwtTokens } from './jwt-tokens.ts';
import type { AccountLookup, ClientLookup, ResourceServer } from './lookups.ts';
import { isPage, requestTarget } from './routes.ts';
import { createAdapterFactory } from './store/adapter.ts';
import { createPayloadStore, revokeForAccounts, revokeForClients, revokeForClientsSince } from './store/payloads.store.ts';
import { startSweeping } from './store/sweeping.ts';

export interface ProviderOptions {
  /** https URL without path: `iss` of every token. */
  readonly issuer: string;
  readonly database: Database<IdentityTables>;
  readonly accounts: AccountLookup;
  readonly clients: ClientLookup;
  readonly signingKeys: SigningKeys;
  /** Newest first: the first signs cookies, all verify. At least one, each of 32 random bytes or more. */
  readonly cookieKeys: readonly string[];
  readonly resourceServers: readonly ResourceServer[];
  readonly telemetry: Pick<Telemetry, 'log'>;
  /** Path of the page for a prompt; the interaction cookie is bound to it and to what lies below. Default `/<prompt>/<uid>`. */
  readonly interactionPath?: (prompt: 'login' | 'consent', uid: string) => string;
  /** Origins whose scripts may read answers; none by default. */
  readonly corsOrigins?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** The OAuth 2.1 and OpenID Connect endpoints. */
export interface ProviderDoor extends AsyncDisposable {
  /** Answers one request on a provider path; the body must not have been read. Never rejects. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  readonly interactions: Interactions;
  /** Deletes sessions, interactions, grants, codes and tokens of the accounts, in the caller's transaction. */
  revokeForAccounts(tx: Transaction<IdentityTables>, accountIds: readonly string[]): Promise<void>;
  /** Deletes interactions, grants, codes and tokens of the clients, in the caller's transaction. */
  revokeForClients(tx: Transaction<IdentityTables>, clientIds: readonly string[]): Promise<void>;
  /**
   * Deletes what the clients have without an account since a moment, in the caller's transaction: their own tokens, and
   * interactions before log-in.
   *
   * @param since milliseconds since the epoch, included
   */
  revokeForClientsSince(tx: Transaction<IdentityTables>, clientIds: readonly string[], since: number): Promise<void>;
  /** Takes up a changed set of signing keys now; otherwise it is looked for every five seconds. */
  reloadKeys(): Promise<void>;
}

const KEY_CHECK_MS = 5000;

const publicPart = ({ kty, crv, x, y, kid, alg, use }: JWK): JWK => ({ kty, crv, x, y, kid, alg, use }) as JWK;

/**
 * Wraps oidc-provider: nothing outside this folder sees it. All its state is in the database, so a new set of signing keys
 * simply replaces the instance, and requests under way end on the old one.
 *
 * @see OAuth 2.1, OpenID Connect Core 1.0, RFC 8414, RFC 9207
 */
export const createProvider = async (options: ProviderOptions): Promise<ProviderDoor> => {
  const { issuer, database, accounts, clients, signingKeys, resourceServers, telemetry, corsOrigins = [], now = Date.now } = options;
  const interactionPath = options.interactionPath ?? ((prompt, uid) => `/${prompt}/${uid}`);
  const issuerHost = new URL(issuer).host;
  const store = createPayloadStore({ database, now });
  const unusedSecret = randomBytes(32).toString('base64url');
  const cookieKeys = createCookieKeys(options.cookieKeys);
  const adapter = createAdapterFactory({
    store,
    now,
    findClient: async (clientId) => {
      const record = await clients.find(clientId);
      return record && toClientMetadata(record, unusedSecret);
    },
  });

  // The provider's comparison of secrets does not know the request.
  const peerAddress = new AsyncLocalStorage<string>();

  const build = (set: SigningKeySet) => {
    const provider = new Provider(
      issuer,
      createConfiguration({ adapter, accounts, cookieKeys, corsOrigins, interactionPath, resourceServers, signingKeys: set.keys }),
    );
    // Secrets are hashed, so the provider's own comparison with a clear one has nothing to compare with.
    Object.defineProperty(provider.Client.prototype, 'compareClientSecret', {
      value(this: { clientId: string }, secret: string) {
        return clients.verifySecret(this.clientId, secret, peerAddress.getStore() ?? '');
      },
    });
    addAccessTokenHash(provider);
    const tokens = createJwtTokens({ issuer, keys: set.keys.map(publicPart), store, accounts, clients, now });
    const resourceScopes = resourceServers.flatMap((server) => server.scopes);
    installAnswers(provider, { tokens, resourceScopes, corsOrigins, log: telemetry.log });
    return { provider, answer: provider.callback(), version: set.version };
  };

  let current = build(await signingKeys.current());
  let keysCheckedAt = now();
  const reloadKeys = async (): Promise<void> => {
    const set = await signingKeys.current();
    if (set.version !== current.version) current = build(set);
  };
  const checkKeys = async (): Promise<void> => {
    if (now() - keysCheckedAt < KEY_CHECK_MS) return;
    keysCheckedAt = now();
    await reloadKeys().catch((error: unknown) => telemetry.log.error(`signing keys not read, the old ones stay: ${String(error)}`));
  };

  const sweeping = startSweeping({ store, log: telemetry.log });

  return {
    handle: async (req, res) => {
      try {
        await checkKeys();
        req.url = requestTarget(req.url ?? '/');
        // The provider makes URLs from the Host header; what a client writes there must not choose them.
        req.headers.host = issuerHost;
        if (!isPage(req.url.split('?', 1)[0] ?? '')) req.headers.accept = 'application/json';
        await peerAddress.run(req.socket.remoteAddress ?? '', () => current.answer(req, res));
      } catch (error) {
        telemetry.log.error(`Identity provider: ${String(error)}`);
        res.destroy();
      }
    },
    interactions: createInteractions(() => current.provider),
    revokeForAccounts,
    revokeForClients,
    revokeForClientsSince,
    reloadKeys,
    [Symbol.asyncDispose]: () => sweeping[Symbol.asyncDispose](),
  };
};

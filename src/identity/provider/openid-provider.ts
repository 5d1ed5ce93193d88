import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transaction } from 'kysely';
import type { Job } from '#infra/jobs/job.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { DirectRequest } from './direct/direct.ts';
import type { Endpoint } from './features/feature.ts';
import type { BrowserSessions } from './interactions/browser-sessions.ts';
import type { Interactions } from './interactions/interactions.ts';
import type { AccountAccess } from './store/account-access.ts';
import type { PayloadStore } from './store/payloads.ts';

/**
 * The OAuth 2.1 and OpenID Connect endpoints. This folder alone knows oidc-provider: `provider.ts` builds it, `features/` says what it can
 * do, `seams/` holds what is patched or bent in it, `store/` keeps its state, `interactions/` is what pages ask of it, `records/`
 * turns accounts and clients into its own, `direct/` answers the plainest requests in its place. A request comes by `mount.ts`, passes the seams of `request.ts`, oidc-provider with the
 * features, and the seams that complete the answer.
 */
export interface OpenIdProvider {
  /** Every path that it answers. */
  readonly endpoints: readonly Endpoint[];
  /** A successful answer without oidc-provider; undefined leaves the request to `handle`. */
  answerDirectly(endpoint: Endpoint, request: DirectRequest): Promise<Readonly<Record<string, unknown>> | undefined>;
  /**
   * Answers one request on an endpoint. Never rejects.
   *
   * @param body the form, which has been read from the request
   */
  handle(endpoint: Endpoint, req: IncomingMessage, res: ServerResponse, body?: Buffer): Promise<void>;
  readonly interactions: Interactions;
  /** Sessions of browsers at Identity itself. */
  readonly sessions: BrowserSessions;
  /** What an account has here, for its owner. */
  readonly access: AccountAccess;
  /** Its state, where pages keep a log-in that waits for its second factor. */
  readonly payloads: Pick<PayloadStore, 'save' | 'find' | 'consume'>;
  /**
   * Whether an access token is active, and what it says, for a client that has proved itself.
   *
   * @returns the body of RFC 7662 section 2.2
   */
  introspect(token: string, client: ClientRecord): Promise<Readonly<Record<string, unknown>>>;
  /** @throws AppError `client-refused` 400 for a client whose requests it would all refuse */
  checkClient(client: ClientRecord): Promise<void>;
  /** Work by the clock: the sweep of expired rows, and a look for changed signing keys. */
  readonly jobs: readonly Job[];
  /** Deletes sessions, interactions, grants, codes and tokens of the accounts, in the caller's transaction. */
  revokeForAccounts(tx: Transaction<IdentityTables>, accountIds: readonly string[]): Promise<void>;
  /** The same for one account that stays; resource servers hear of the end of each grant. */
  endAccessOfAccount(tx: Transaction<IdentityTables>, accountId: string): Promise<void>;
  /** Deletes interactions, grants, codes and tokens of the clients, in the caller's transaction. */
  revokeForClients(tx: Transaction<IdentityTables>, clientIds: readonly string[]): Promise<void>;
  /**
   * Deletes what the clients have without an account since a moment, in the caller's transaction: their own tokens, and
   * interactions before log-in.
   *
   * @param since milliseconds since the epoch, included
   */
  revokeForClientsSince(tx: Transaction<IdentityTables>, clientIds: readonly string[], since: number): Promise<void>;
  /** Takes up a changed set of signing keys now; its job looks every five seconds. */
  reloadKeys(): Promise<void>;
}

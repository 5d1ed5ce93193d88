import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Database } from '#infra/database/databases.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Transaction } from 'kysely';
import type { IdentityTables } from '../database/tables.ts';
import type { SigningKeys } from '../keys/signing-keys.ts';
import type { Interactions } from './interactions.ts';
import type { AccountLookup, ClientLookup, ResourceServer } from './lookups.ts';

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
  readonly telemetry: Telemetry;
  /** Path of the page for a prompt; the interaction cookie is bound to it and to what lies below. Default `/<prompt>/<uid>`. */
  readonly interactionPath?: (prompt: 'login' | 'consent', uid: string) => string;
  /** HTML pages of the provider's own: errors that must not be sent to a redirect URI, and logout. All have safe defaults. */
  readonly pages?: ProviderPages;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Whole HTML documents; each function escapes what it is given, but `form`, which is trusted HTML and has to stand in the body. */
export interface ProviderPages {
  error(error: { readonly code: string; readonly description: string }): string;
  /** Asks whether to log out: `form` is the form with id `op.logoutForm`; a button `name="logout" value="yes"` of `form="op.logoutForm"` confirms. */
  logout(page: { readonly form: string; readonly clientName: string | undefined }): string;
  loggedOut(page: { readonly clientName: string | undefined }): string;
}

export interface ProviderDoor extends AsyncDisposable {
  /** Answers one request on a provider path; the body must not have been read. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** @param path pathname without query */
  isProviderPath(path: string): boolean;
  readonly interactions: Interactions;
  /** Deletes sessions, grants, codes and tokens of the accounts, in the caller's transaction. */
  revokeForAccounts(tx: Transaction<IdentityTables>, accountIds: readonly string[]): Promise<void>;
  /** Deletes grants, codes and tokens of the clients, in the caller's transaction. */
  revokeForClients(tx: Transaction<IdentityTables>, clientIds: readonly string[]): Promise<void>;
  /** Takes up a changed set of signing keys now; otherwise it is looked for every few seconds. */
  reloadKeys(): Promise<void>;
}

import type { Database } from '#infra/database/databases.ts';
import type { ErrorDetail } from '#infra/http/problem.ts';
import type { RefusalLog } from '#infra/http/refusals.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { CommonCounts } from '#infra/workers/common-counts.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { Clients } from '#identity/clients/clients.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { SigningAlgorithm } from '#identity/keys/signing-algorithms.ts';
import type { SigningKeys } from '#identity/keys/signing-keys.ts';
import type { Logouts } from '#identity/logouts/logouts.ts';
import type { Outgoing } from '#identity/outgoing/outgoing.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import type { RevocationLog } from '#identity/revocations/revocations.ts';
import type { DpopNonces } from './features/tokens/dpop-nonces.ts';
import type { Replay } from './seams/replay-detection.ts';

/** What the provider is made of; only `createOpenIdProvider` reads it. */
export interface OpenIdProviderOptions {
  /** https URL without path: `iss` of every token. */
  readonly issuer: string;
  readonly database: Database<IdentityTables>;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly clients: Clients;
  readonly signingKeys: Pick<SigningKeys, 'current'>;
  /** Sends the requests to addresses of clients. */
  readonly outgoing: Pick<Outgoing, 'fetch' | 'whyNot'>;
  /** Has clients told of log-outs. */
  readonly logouts: Logouts;
  /** Hears of somebody who has logged out where a client, or nobody, asked for it. */
  readonly onLoggedOut?: (logout: { readonly accountId: string; readonly clientId: string | null }) => void;
  /** Hears of an assertion of a client, or a DPoP proof, that was used before. */
  readonly onReplayed?: (replay: Replay) => void;
  /** Newest first: the first signs cookies, all verify. At least one, each of 32 random bytes or more. */
  readonly cookieKeys: readonly [string, ...string[]];
  readonly resourceServers: readonly ResourceServer[];
  /** How long after its first use a refresh token may be used once more, because the answer was lost; 0 for never. */
  readonly refreshGraceSeconds: number;
  /** Where each token and grant that ends before its time is written down, in the transaction that ends it. */
  readonly revocations: Pick<RevocationLog, 'record'>;
  readonly telemetry: Pick<Telemetry, 'log'>;
  /** How much the answers tell of an outage; `detailed` by default. */
  readonly detail?: ErrorDetail;
  /** Sums up in the log who was not let in. */
  readonly refusals: Pick<RefusalLog, 'refused'>;
  /** Path of the page for a prompt; the interaction cookie is bound to it and to what lies below. Default `/<prompt>/<uid>`. */
  readonly interactionPath?: (prompt: 'login' | 'consent', uid: string) => string;
  /** Algorithms beside ES256 for which a client may ask; none by default. */
  readonly signingAlgorithms?: readonly SigningAlgorithm[];
  /** Whether the listener asks for client certificates; it does not by default. */
  readonly asksForCertificates?: boolean;
  /** Whether a DPoP proof has to hold a nonce; `offered` by default. */
  readonly dpopNonces?: DpopNonces;
  /** Origins whose scripts may read answers to every client, beside those of single clients; none by default. */
  readonly corsOrigins?: readonly string[];
  /** Whether clients may register themselves. */
  readonly registration?: boolean;
  /** What the workers of this server count together of what strangers have stored or try; a single process counts alone. */
  readonly commonCounts?: (of: 'interactions' | 'pushed-requests' | 'codes' | 'codes-entered') => CommonCounts | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly elapsed?: () => number;
}

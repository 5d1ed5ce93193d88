import type { Page } from '#infra/http/request/paging.ts';
import type { ClientRecord } from '../client.ts';

/** Who says what a client is: an operator, who alone can change it here, the seed of the demo, or the configuration. */
export const CLIENT_SOURCES = ['operator', 'demo', 'configuration'] as const;
export type ClientSource = (typeof CLIENT_SOURCES)[number];

/** A client as an operator sees it; never a secret. Times are epoch milliseconds. */
export interface AdministeredClient {
  readonly client: ClientRecord;
  readonly source: ClientSource;
  readonly disabled: boolean;
  /** Null for a client of the configuration. */
  readonly createdAt: number | null;
  /** Null for a client without a secret, and for one of the configuration, whose secret is a file. */
  readonly secret: {
    readonly madeAt: number;
    /** Until when the secret before is good, too; null where it is not. */
    readonly previousEndsAt: number | null;
  } | null;
}

/** Throws where the client is not as its reader knows it. */
type Precondition = (current: AdministeredClient) => void;

/**
 * The clients, and changes of those that operators made. A change is one statement that looks whether the client is still as it was when
 * the change was decided, and is decided anew where it is not.
 */
export interface ClientAdministration {
  /** By client id. @throws AppError `cursor-invalid` 400 */
  list(page: { readonly limit?: number; readonly cursor?: string }): Promise<Page<AdministeredClient>>;
  /** @throws AppError `client-unknown` 404 */
  read(clientId: string): Promise<AdministeredClient>;
  /** @throws AppError `client-unknown` 404, `client-of-demo` or `client-of-configuration` 409 */
  requireOfOperator(clientId: string): Promise<void>;
  /** Ids of clients of operators that rely on `nonce` in the place of PKCE, the first hundred. */
  withoutPkce(): Promise<readonly string[]>;
  /**
   * @param decide what the client is to be; its id, its tenant, and whether it has a secret, stay
   * @throws AppError `client-unknown` 404, `client-of-demo` or `client-of-configuration` 409, `client-changed` 409 where changes of others
   *   keep coming first; whatever the precondition and `decide` throw
   */
  change(
    clientId: string,
    decide: (current: ClientRecord) => Promise<ClientRecord>,
    precondition?: Precondition,
  ): Promise<AdministeredClient>;
  /**
   * Makes a new secret, which is told this once.
   *
   * @param options.overlapMs how long the present secret is good, too; 0 ends it at once
   * @param options.replaceNewest while the secret before is still good: the new one takes the place of the newest, and the secret before
   *   stays good until its end
   * @throws AppError as `change`; `client-without-secret` 409, `client-secret-overlap` 409 while the secret before is still good
   */
  rotateSecret(
    clientId: string,
    options: { readonly overlapMs: number; readonly replaceNewest?: boolean },
  ): Promise<{ readonly client: AdministeredClient; readonly secret: string }>;
  /** Ends the secret before at once, if it is good. @throws AppError as `change` */
  endPreviousSecret(clientId: string): Promise<AdministeredClient>;
}

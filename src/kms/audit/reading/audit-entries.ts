import type { Page } from '#infra/http/request/paging.ts';
import type { Outcome } from '#kms/action.ts';

/** What to look for; all of it must be so. */
export interface AuditFilter {
  /** An elastic key by id. */
  readonly key?: string | undefined;
  /** A subject, exactly as the record has it. */
  readonly actor?: string | undefined;
  /** The name of an action. */
  readonly action?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** Epoch milliseconds, inclusive. */
  readonly from?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  readonly to?: number | undefined;
}

/** A record of an act, as a tenant sees its own. */
export interface AuditEntry {
  /** The chain and the place there. */
  readonly chain: string;
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly action: string;
  readonly outcome: Outcome;
  /** Of the error; null where there was none. */
  readonly code: string | null;
  readonly elasticKeyId: string | null;
  readonly materialKeyId: string | null;
  /** `<kind>:<id>` of the thing that it was about where that is no key. */
  readonly object: string | null;
  readonly subject: string;
  readonly username: string | null;
  readonly credential: string;
  readonly issuer: string | null;
  readonly tokenId: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly traceId: string | null;
}

export interface AuditEntries {
  /**
   * Records of one tenant, the youngest first: by the second, and exactly within a chain. Those of the last second may not be
   * there yet. A page that looked far without finding much is shorter than its limit, and has a cursor.
   *
   * @throws AppError `cursor-invalid` 400
   */
  list(
    tenantId: string,
    filter: AuditFilter,
    page: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
  ): Promise<Page<AuditEntry>>;
}

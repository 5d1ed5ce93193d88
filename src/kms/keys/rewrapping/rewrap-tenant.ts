import { AppError } from '#infra/apperr/app-error.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import { WRAPPED_TABLES, wrappedRowsStore } from './wrapped-rows.store.ts';

const PAGE = 200;

/** Of one secret; the others are wrapped anew all the same. */
const DAMAGES: ReadonlySet<string> = new Set(['row-damaged', 'key-material-damaged']);

export interface Rewrapped {
  readonly rewrapped: number;
  /** Secrets that could not be: their rows, or they themselves, are not as the KMS wrote them. */
  readonly damaged: number;
}

/**
 * Wraps every secret of a tenant under his newest content key, a row a transaction, so that no request waits for more than one row.
 * Interrupted, it goes on where it was when it runs again: what is wrapped by the newest key is left as it is.
 *
 * @throws AppError of the database; `sealed` 503
 */
export const rewrapTenant = async (
  tenant: TenantHandle,
  options: { readonly barrier: Pick<Barrier, 'rotation'>; readonly rows: Pick<RowIntegrity, 'of'>; readonly signal: AbortSignal },
): Promise<Rewrapped> => {
  const { barrier, rows, signal } = options;
  const anew = await barrier.rotation.rewrapping(tenant.id);
  let [rewrapped, damaged] = [0, 0];
  for (const table of WRAPPED_TABLES) {
    let after = '';
    for (;;) {
      // The handle looks again whether the tenant is still there.
      const { db } = await tenant.database();
      const store = wrappedRowsStore(db, rows.of(tenant.id), table);
      const page = await store.after(after, PAGE);
      for (const row of page) {
        signal.throwIfAborted();
        try {
          const wrapped = await anew(row.wrapped);
          if (wrapped !== null && (await store.replace(row, wrapped))) rewrapped += 1;
        } catch (error) {
          if (!(error instanceof AppError) || !DAMAGES.has(error.code)) throw error;
          damaged += 1;
        }
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = last.id;
    }
  }
  return { rewrapped, damaged };
};

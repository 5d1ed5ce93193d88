import { AppError } from '#infra/apperr/app-error.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { Emit } from '#kms/events.ts';
import type { Tenant } from './tenant.ts';

const CODES: ReadonlySet<string> = new Set(['database-corrupt', 'database-missing', 'database-schema-newer', 'database-schema-unknown']);
const MAX_REMEMBERED = 1_000;
/** A damaged database is read through when it is opened; requests do that at most once in so many milliseconds. */
const AGAIN_MS = 1_000;

/** Whether an error says that a database cannot be used until somebody mends it: one tenant is closed then, and no other. */
export const isDamage = (error: unknown): error is AppError => error instanceof AppError && CODES.has(error.code);

/** The tenants whose databases were found damaged, and are not known to be whole again. */
export interface Damages {
  /** Notes the damage, where it is one, and tells of each once. */
  note(tenant: Pick<Tenant, 'id' | 'name'>, error: unknown): void;
  mended(tenant: Pick<Tenant, 'id' | 'name'>): void;
  isKnown(tenantId: string): boolean;
  /** The damage that was found a moment ago; undefined where it is time for another look. */
  recent(tenantId: string): AppError | undefined;
}

/** @param options.elapsed milliseconds of a clock that never goes back */
export const createDamages = ({ emit, elapsed }: { readonly emit: Emit; readonly elapsed: () => number }): Damages => {
  const found = createBoundedMap<{ readonly error: AppError; readonly at: number }>({ max: MAX_REMEMBERED });
  return {
    note: ({ id, name }, error) => {
      const last = found.get(boundedKey(id))?.error;
      // Told again to those who asked meanwhile.
      if (!isDamage(error) || last === error) return;
      found.set(boundedKey(id), { error, at: elapsed() });
      if (last?.message !== error.message) emit({ type: 'tenant-damaged', tenantId: id, name, cause: error });
    },
    mended: ({ id, name }) => {
      if (found.get(boundedKey(id)) === undefined) return;
      found.delete(boundedKey(id));
      emit({ type: 'tenant-mended', tenantId: id, name });
    },
    isKnown: (id) => found.get(boundedKey(id)) !== undefined,
    recent: (id) => {
      const last = found.get(boundedKey(id));
      return last !== undefined && elapsed() - last.at < AGAIN_MS ? last.error : undefined;
    },
  };
};

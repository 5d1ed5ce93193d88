import { AppError } from '#infra/apperr/app-error.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { Emit } from '#kms/events.ts';
import type { Tenant } from './tenant.ts';

const CODES: ReadonlySet<string> = new Set(['database-corrupt', 'database-missing', 'database-schema-newer', 'database-schema-unknown']);
const MAX_REMEMBERED = 1_000;

/** Whether an error says that a database cannot be used until somebody mends it: one tenant is closed then, and no other. */
export const isDamage = (error: unknown): error is AppError => error instanceof AppError && CODES.has(error.code);

/** The tenants whose databases were found damaged, and are not known to be whole again. */
export interface Damages {
  /** Notes the damage, where it is one, and tells of each once. */
  note(tenant: Pick<Tenant, 'id' | 'name'>, error: unknown): void;
  mended(tenant: Pick<Tenant, 'id' | 'name'>): void;
  /** Causes by tenant id. */
  known(): ReadonlyMap<string, string>;
}

export const createDamages = ({ emit }: { readonly emit: Emit }): Damages => {
  const causes = createBoundedMap<string>({ max: MAX_REMEMBERED });
  const ids = new Set<string>();
  return {
    note: ({ id, name }, error) => {
      if (!isDamage(error) || causes.get(id) === error.message) return;
      causes.set(id, error.message);
      ids.add(id);
      emit({ type: 'tenant-damaged', tenantId: id, name, cause: error });
    },
    mended: ({ id, name }) => {
      if (causes.get(id) === undefined) return;
      causes.delete(id);
      ids.delete(id);
      emit({ type: 'tenant-mended', tenantId: id, name });
    },
    known: () =>
      new Map(
        [...ids].flatMap((id) => {
          const cause = causes.get(id);
          if (cause === undefined) ids.delete(id);
          return cause === undefined ? [] : [[id, cause] as const];
        }),
      ),
  };
};

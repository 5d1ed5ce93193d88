import type { Kysely } from 'kysely';
import { createWorkQueue } from '#infra/secrets/work-queue.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { RealmUser } from './realm-users.store.ts';

/**
 * Hashes a password anew where its stored hash was made otherwise than new ones are: by other parameters, or by another library. To be
 * called with a password that was just found right; it never throws, and nobody waits for it.
 */
export type Rehash = (user: Pick<RealmUser, 'subject' | 'stored' | 'tenant'>, password: string) => void;

/** One at a time, so that log-ins keep their places; who finds no room is hashed anew at his next log-in. */
const MAX_WAITING = 64;
/** Milliseconds for which a user is left alone once it was tried. */
const TRIED_MS = 60_000;
const MAX_TRIED = 10_000;

/**
 * The database realm's. The row is changed on condition that it is as it was read: whoever changed it meanwhile, another replica at the same
 * work among them, was faster, and nothing is done.
 *
 * @param options.db the service database
 * @param options.forget lets go of the users that this process has in memory
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createRehash = (options: {
  readonly db: Kysely<ServiceTables>;
  readonly rows: Rows;
  readonly passwords: Pick<Passwords, 'hash' | 'isCurrent'>;
  readonly forget: () => void;
  readonly emit: Emit;
  readonly elapsed: () => number;
}): Rehash => {
  const { db, rows, passwords, forget, emit, elapsed } = options;
  const queue = createWorkQueue({ concurrency: 1, maxQueued: MAX_WAITING });
  const tried = createBoundedMap<number>({ max: MAX_TRIED });

  /** @returns whether the row was changed */
  const replace = async (id: string, tenantId: string, stored: string, passwordHash: string): Promise<boolean> => {
    const written = await rows.service.put('kms_realm_users', db, async (tx) => {
      const query = tx.selectFrom('kms_realm_users').selectAll().where('id', '=', id).where('password_hash', '=', stored).limit(1);
      const [before] = await rows.service.read('kms_realm_users', tx, () => query.execute(), { id, password_hash: stored });
      if (before === undefined) return [];
      const after = rows.of(tenantId).next('kms_realm_users', before, { password_hash: passwordHash });
      const { numUpdatedRows } = await tx
        .updateTable('kms_realm_users')
        .set(after)
        .where('id', '=', id)
        .where('row_revision', '=', before.row_revision)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n ? [after] : [];
    });
    return written.length > 0;
  };

  return ({ subject: id, stored, tenant }, password) => {
    if (passwords.isCurrent(stored)) return;
    const key = boundedKey(id);
    const last = tried.get(key);
    if (last !== undefined && elapsed() - last < TRIED_MS) return;
    const work = queue.run(async () => {
      if (!(await replace(id, tenant.value, stored, await passwords.hash(password)))) return;
      forget();
      emit({ type: 'password-rehashed', userId: id, tenantId: tenant.value });
    });
    if (work === null) return;
    tried.set(key, elapsed());
    work.catch((error: unknown) => emit({ type: 'password-not-rehashed', userId: id, tenantId: tenant.value, cause: error }));
  };
};

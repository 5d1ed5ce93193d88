import { InternalError } from '#infra/apperr/app-error.ts';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { idempotencyKeyInUse, idempotencyKeyReused, idempotencyKeysQuota } from './idempotency-errors.ts';
import { idempotencyKeysStore } from './idempotency-keys.store.ts';
import type { Idempotency, Turn } from './idempotency.ts';
import type { IdempotencyTables } from '#kms/database/idempotency-keys.table.ts';
import type { Caller } from '#kms/caller.ts';
import { credentialedFingerprint, rowIdOf } from './request-hashes.ts';
import { openAnswer, sealAnswer } from './sealed-answers.ts';

/** Milliseconds for which an answer is remembered: one day. */
export const REMEMBERED_MS = 24 * 60 * 60_000;

/** Whether JSON gives the value back as it is; a member that is undefined may be missing. */
const isCarriedByJson = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint' && typeof value !== 'function';
  if (Array.isArray(value)) return value.every(isCarriedByJson);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isCarriedByJson);
};

const textOf = (answer: unknown): string => {
  if (!isCarriedByJson(answer)) throw new InternalError('the answer of a change has a value that JSON does not carry');
  return JSON.stringify({ answer });
};

/**
 * @param options.barrier has the key of each tenant under which answers are sealed
 * @param options.rows tags and checks the rows
 * @param options.limit keys that are remembered of one tenant; where many come at once, some more may come to be
 * @param options.now epoch milliseconds
 */
export const createIdempotency = (options: {
  readonly barrier: Pick<Barrier, 'tenantKey'>;
  readonly rows: Pick<RowIntegrity, 'of'>;
  readonly limit: number;
  readonly now: () => number;
}): Idempotency => {
  const { barrier, rows, limit, now } = options;
  const keyOf = (tenantId: string) => barrier.tenantKey(tenantId, 'remembered answers');
  const underWay = new Set<BoundedKey>();

  /**
   * @param how.prefix of the ids of all rows of the tenant, where the database has those of others, too
   * @param how.stored a fingerprint as it is stored
   */
  const turnOf = <Tables extends IdempotencyTables, About>(
    caller: Caller,
    { prefix, stored }: { readonly prefix: string; readonly stored: (fingerprint: string) => string },
  ): Turn<Tables, About> | null => {
    const key = caller.request?.idempotencyKey;
    if (key === undefined) return null;
    const { id: tenantId } = caller.tenant;
    const fingerprint = stored(credentialedFingerprint(caller, key));
    const id = `${prefix}${rowIdOf(caller, key)}`;
    const turn = boundedKey(`${tenantId} ${id}`);
    if (underWay.has(turn)) throw idempotencyKeyInUse();
    underWay.add(turn);
    return {
      replay: async (db) => {
        const row = await idempotencyKeysStore(db).byId(id, rows.of(tenantId));
        if (row === undefined || row.expires_at <= now()) return undefined;
        if (row.fingerprint !== fingerprint) throw idempotencyKeyReused();
        return { answer: JSON.parse(openAnswer(keyOf(tenantId), id, row.answer)).answer, target: JSON.parse(row.target) };
      },
      claim: async (tx) => {
        const store = idempotencyKeysStore(tx);
        if (!(await store.hold(id, now()))) throw idempotencyKeyInUse();
        if ((await store.count(now(), prefix)) >= limit) throw idempotencyKeysQuota(limit);
      },
      remember: async (tx, { answer, target }) => {
        const row = {
          id,
          fingerprint,
          target: JSON.stringify(target),
          answer: sealAnswer(keyOf(tenantId), id, textOf(answer)),
          expires_at: now() + REMEMBERED_MS,
        };
        await idempotencyKeysStore(tx).fill(rows.of(tenantId).first('idempotency_keys', row));
      },
      [Symbol.dispose]: () => void underWay.delete(turn),
    };
  };

  return {
    begin: (caller) => turnOf(caller, { prefix: '', stored: (fingerprint) => fingerprint }),
    beginInService: (caller) => {
      const { id } = caller.tenant;
      // Bodies of these changes may hold passwords, and a plain hash of one could be guessed by who reads the database.
      return turnOf(caller, { prefix: `${id}.`, stored: (fingerprint) => rows.of(id).keyedHash(fingerprint) });
    },
  };
};

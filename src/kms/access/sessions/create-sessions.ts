import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import type { Database } from '#infra/database/databases.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { AuthenticatedCaller } from '#kms/caller.ts';
import type { BrowserSessionRow } from '#kms/database/browser-sessions.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { LEASE_MS, leasesEnded } from '#kms/tenants/leases.ts';
import type { BrowserConfig } from './config.ts';
import type { Sessions } from './session.ts';
import { sessionStore } from './session.store.ts';
import type { SessionUsers } from './session-users.ts';
import { createSessionLife, NOTED_WITHIN_MS, type SessionLife } from './session-life.ts';
import type { SessionKeys } from './session-keys.ts';

const MAX_REMEMBERED = 10_000;
/** Rows that one look of the job removes. */
const REMOVED_AT_ONCE = 500;
const SECRET_BYTES = 32;

/** The id, and 32 random bytes as base64url. */
const COOKIE = new RegExp(`^(${UUID_V7.slice(1, -1)})\\.[A-Za-z0-9_-]{43}$`);

interface Remembered {
  readonly life: SessionLife;
  /** As it was read last, and when, by the clock that never goes back. */
  lastUsedAt: number;
  readonly readAt: number;
  /** When it was read. */
  readonly generation: number;
  readonly caller: AuthenticatedCaller;
  readonly csrfToken: string;
  readonly expiresAt: number;
}

/**
 * @param options.users says who somebody with a session is now
 * @param options.generation another number once users or tenants were changed here
 * @param options.now epoch milliseconds; it counts where a session is read that this process does not remember
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createSessions = (options: {
  readonly config: Pick<BrowserConfig, 'idle_seconds' | 'absolute_seconds' | 'sessions_per_user'>;
  readonly service: Database<ServiceTables>;
  readonly rows: Rows;
  readonly keys: SessionKeys;
  readonly users: SessionUsers;
  readonly tenants: Pick<TenantDirectory, 'byId'>;
  readonly generation: () => number;
  readonly emit: Emit;
  readonly now: () => number;
  readonly elapsed: () => number;
}): Sessions => {
  const { config, service, rows, keys, users, tenants, emit, now, elapsed } = options;
  const limits = { idleMs: config.idle_seconds * 1000, absoluteMs: config.absolute_seconds * 1000 };
  const store = sessionStore(service.db, rows);
  const remembered = createBoundedMap<Remembered>({ max: MAX_REMEMBERED });
  const once = createSingleFlight<Remembered | null>();

  let endings = 0;
  /** A look that began with another number may have seen what is no more. */
  const generation = (): number => options.generation() + endings;

  /** From its end on no replica knows these any more. */
  const takeEffect = async (ids: readonly string[]): Promise<void> => {
    endings += 1;
    for (const id of ids) remembered.delete(boundedKey(id));
    await leasesEnded(service.kind);
  };

  const remove = async (row: BrowserSessionRow, cause: 'log-out' | 'over' | 'user'): Promise<void> => {
    remembered.delete(boundedKey(row.id));
    if ((await store.remove([row.id])) > 0) emit({ type: 'session-ended', tenantId: row.tenant_id, cause });
  };

  /** A look at the database: the row, and whether its user is still who he was. */
  const read = async (id: string, cookie: string): Promise<Remembered | null> => {
    const key = boundedKey(id);
    const known = remembered.get(key);
    const since = { readAt: elapsed(), generation: generation() };
    const row = await store.byId(id);
    if (row === undefined) {
      remembered.delete(key);
      return null;
    }
    const life = known?.life ?? createSessionLife({ row, ...limits, now, elapsed });
    // Another replica has served it since; its clock may be another, and this one may have been set.
    if (known !== undefined && known.lastUsedAt !== row.last_used_at) life.usedElsewhere(row.last_used_at);
    if (life.isOver()) {
      await remove(row, 'over');
      return null;
    }
    const caller = await users.callerOf(row, { sessionId: cookie.split('.', 1)[0] ?? '' });
    if (caller === null) {
      await remove(row, 'user');
      return null;
    }
    const session: Remembered = {
      life,
      lastUsedAt: row.last_used_at,
      ...since,
      caller,
      csrfToken: known?.csrfToken ?? keys.mac('request token', cookie),
      expiresAt: row.expires_at,
    };
    if (life.isToBeNoted()) {
      session.lastUsedAt = now();
      await store.used(id, session.lastUsedAt);
      life.noted();
    }
    remembered.set(key, session);
    return session;
  };

  return {
    begin: async ({ caller, proof }) => {
      const sessionId = randomUUIDv7();
      const cookie = `${sessionId}.${randomBytes(SECRET_BYTES).toString('base64url')}`;
      const id = keys.mac('session id', cookie);
      const at = now();
      const row = {
        id,
        tenant_id: caller.tenant.id,
        subject: caller.subject,
        username: caller.username,
        ...users.proofOf({ id, caller, proof }),
        created_at: at,
        last_used_at: at,
        expires_at: at + limits.absoluteMs,
      };
      const ended = await service.transaction(async (tx) => {
        const within = sessionStore(tx, rows);
        await within.insert(row);
        const oldest = await within.beyond(row, config.sessions_per_user);
        await within.remove(oldest);
        return oldest;
      });
      if (ended.length > 0) await takeEffect(ended);
      remembered.set(boundedKey(id), {
        life: createSessionLife({ row, ...limits, now, elapsed }),
        lastUsedAt: at,
        // At its first use it is read: the user may have been changed while he logged in.
        readAt: Number.NEGATIVE_INFINITY,
        generation: generation(),
        caller: { ...caller, authentication: { kind: 'session', issuer: row.issuer, sessionId } },
        csrfToken: keys.mac('request token', cookie),
        expiresAt: row.expires_at,
      });
      emit({ type: 'session-begun', tenantId: row.tenant_id, by: proof.kind });
      return cookie;
    },

    find: async (cookie) => {
      const [, sessionId] = COOKIE.exec(cookie) ?? [];
      if (sessionId === undefined) return null;
      const id = keys.mac('session id', cookie);
      const key = boundedKey(id);
      const known = remembered.get(key);
      const generationNow = generation();
      const isWarm =
        known !== undefined && known.generation === generationNow && elapsed() - known.readAt < LEASE_MS && !known.life.isOver();
      const session = isWarm ? known : await once(boundedKey(`${id} ${generationNow}`), () => read(id, cookie));
      if (session === null) return null;
      // It has a lease of its own, which must not be added to that of the session.
      const tenant = await tenants.byId(session.caller.tenant.id);
      if (tenant === undefined) return null;
      session.life.use();
      const { caller, csrfToken, expiresAt } = session;
      return { id: sessionId, caller: { ...caller, tenant }, csrfToken, expiresAt };
    },

    end: async (cookie) => {
      if (!COOKIE.test(cookie)) return null;
      const row = await store.byId(keys.mac('session id', cookie));
      if (row === undefined) return null;
      await remove(row, 'log-out');
      await takeEffect([row.id]);
      return { issuer: row.issuer };
    },

    removeExpired: async () => {
      const over = { now: now(), unusedSince: now() - limits.idleMs - NOTED_WITHIN_MS, limit: REMOVED_AT_ONCE };
      while ((await store.removeOver(over)) === REMOVED_AT_ONCE);
    },
  };
};

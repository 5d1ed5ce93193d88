import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Action, Operate } from '#kms/action.ts';
import { DEFAULT_LIMIT, decodeCursor } from '#infra/http/request/cursor.ts';
import type { Precondition } from '#infra/http/request/entity-tag.ts';
import { type Page, pageOf } from '#infra/http/request/paging.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { Caller } from '#kms/caller.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { type LabelChanges, type Labels, labelsAfter } from '#kms/keys/elastic-keys/labels.ts';
import { API_KEY_ACTIONS } from './api-key.actions.ts';
import {
  apiKeyNotFound,
  apiKeysQuota,
  assertHolds,
  assertHoldsLent,
  assertNotExpired,
  assertNotRevoked,
  checkedEnd,
  checkedExpiry,
  checkedScopes,
} from './api-key.rules.ts';
import type { ApiKeysConfig } from './config.ts';
import { apiKeyHash } from './credential/api-key-hash.ts';
import type { ApiKey, SETTABLE_API_KEY_STATES } from './credential/api-key.ts';
import { makeApiKey } from './credential/api-key-text.ts';
import { apiKeyUsesStore } from './credential/api-key-uses.store.ts';
import { type ApiKeyFilter, apiKeysStore } from './credential/api-key.store.ts';

/** An API key beside the one thing that its row does not have. Times are epoch milliseconds. */
export type UsedApiKey = ApiKey & { readonly lastUsedAt: number | null };

/** An API key and its text, which nobody is told again. */
export interface NewApiKey {
  readonly apiKey: ApiKey;
  readonly text: string;
}

export interface ApiKeyChanges {
  readonly name?: string | undefined;
  readonly labels?: LabelChanges | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly state?: (typeof SETTABLE_API_KEY_STATES)[number] | undefined;
  readonly expiresAt?: number | undefined;
}

interface Conditional {
  readonly precondition?: Precondition<ApiKey>;
}

/** API keys of the caller's tenant. Every method throws AppError `api-key-not-found` 404, a change `precondition-failed` 412. */
export interface ApiKeyService {
  /** @throws AppError `scope-unknown`, `expiry-past`, `expiry-too-late`, `labels-too-many` 400, `scope-not-held` 403, `api-keys-quota` 409 */
  create(
    caller: Caller,
    input: {
      readonly name: string;
      readonly labels?: Labels | undefined;
      readonly scopes: readonly string[];
      readonly expiresAt?: number | undefined;
    },
  ): Promise<NewApiKey>;
  list(
    caller: Caller,
    query?: ApiKeyFilter & { readonly limit?: number | undefined; readonly cursor?: string | undefined },
  ): Promise<Page<UsedApiKey>>;
  read(caller: Caller, id: string): Promise<UsedApiKey>;
  /** @throws as `create`, and `api-key-revoked` 409 */
  change(caller: Caller, id: string, changes: ApiKeyChanges, condition?: Conditional): Promise<UsedApiKey>;
  /**
   * A new secret. The present one is good for the overlap and no longer than the key; one from before it ends now.
   *
   * @param how.overlapMs milliseconds, 0 to end the present one at once
   * @throws AppError as `change`, and `api-key-expired` 409
   */
  rotate(
    caller: Caller,
    id: string,
    how: { readonly overlapMs: number; readonly expiresAt?: number | undefined } & Conditional,
  ): Promise<NewApiKey>;
  /** For good; one that is revoked stays so. */
  revoke(caller: Caller, id: string, condition?: Conditional): Promise<UsedApiKey>;
  /** Takes the key away, which ends it as well. */
  delete(caller: Caller, id: string, condition?: Conditional): Promise<void>;
}

const SECRET_BYTES = 32;
const ORDER = 'api-keys/created_at';

const about = <A extends Action>(action: A, id: string): A => ({ ...action, object: { kind: 'api-key', id } });

const withLastUse = async (db: Kysely<TenantTables>, apiKey: ApiKey): Promise<UsedApiKey> => ({
  ...apiKey,
  lastUsedAt: (await apiKeyUsesStore(db).of([apiKey.id])).get(apiKey.id) ?? null,
});

/**
 * @param options.forget called once a change is committed
 * @param options.now epoch milliseconds
 */
export const createApiKeyService = (options: {
  readonly operate: Operate;
  readonly barrier: Pick<Barrier, 'tenantKey'>;
  readonly config: ApiKeysConfig;
  readonly forget: () => void;
  readonly now: () => number;
}): ApiKeyService => {
  const { operate, barrier, config, forget, now } = options;

  /** A new text of a key, and its hash. */
  const mint = (tenantId: string, id: string): { readonly text: string; readonly hash: string } => {
    const secret = randomBytes(SECRET_BYTES);
    const { text, hashed } = makeApiKey({ tenantId, id }, secret);
    secret.fill(0);
    return { text, hash: apiKeyHash(barrier.tenantKey(tenantId, 'api keys'), hashed).toString('base64url') };
  };

  /** A change of one key; this process forgets it also where the answer fails after the commit. */
  const change = async <A>(
    caller: Caller,
    action: Action<'change'>,
    id: string,
    { precondition }: Conditional,
    decide: (tenantId: string) => {
      readonly changed: (before: ApiKey) => Partial<ApiKey>;
      readonly answer: (after: ApiKey, tx: Kysely<TenantTables>) => A | Promise<A>;
      /** The key can be used by this change, or for longer. */
      readonly letsIn?: boolean;
    },
  ): Promise<A> => {
    try {
      return await operate(caller, about(action, id), null, async ({ tenant, rows }) => {
        const { changed, answer, letsIn = false } = decide(tenant.id);
        return async (tx) => {
          const after = await apiKeysStore(tx, rows).update(id, (before) => {
            precondition?.(before);
            return { ...changed(before), updatedAt: now() };
          });
          if (after === undefined) throw apiKeyNotFound();
          if (letsIn) await assertHoldsLent(caller, id, { tx, rows, now: now() });
          return answer(after, tx);
        };
      });
    } finally {
      forget();
    }
  };

  return {
    create: (caller, { name, labels, scopes, expiresAt }) => {
      const id = randomUUIDv7();
      return operate(caller, about(API_KEY_ACTIONS.create, id), null, async ({ tenant, rows }) => {
        const createdAt = now();
        assertHolds(caller, checkedScopes(scopes));
        const { text, hash } = mint(tenant.id, id);
        const key: Omit<ApiKey, 'revision'> = {
          id,
          name,
          labels: labelsAfter({}, labels ?? {}, 'an API key'),
          scopes,
          state: 'active',
          createdBy: caller.subject,
          createdAt,
          updatedAt: createdAt,
          expiresAt: checkedExpiry(caller, expiresAt, config, createdAt),
          rotatedAt: null,
          revokedAt: null,
          hash,
          previous: null,
        };
        return async (tx) => {
          const store = apiKeysStore(tx, rows);
          if ((await store.count()) >= config.max) throw apiKeysQuota(config.max);
          return { apiKey: await store.insert(key), text };
        };
      });
    },

    list: (caller, { limit = DEFAULT_LIMIT, cursor, ...filter } = {}) =>
      operate(caller, API_KEY_ACTIONS.list, null, async ({ db, rows }) => {
        const after = decodeCursor(ORDER, 'number', cursor);
        const found = await apiKeysStore(db, rows).list(filter, { after, limit: limit + 1 });
        const page = pageOf(found, { limit, order: ORDER, position: (key) => ({ value: key.createdAt, id: key.id }) });
        const uses = await apiKeyUsesStore(db).of(page.items.map(({ id }) => id));
        return { ...page, items: page.items.map((key) => ({ ...key, lastUsedAt: uses.get(key.id) ?? null })) };
      }),

    read: (caller, id) =>
      operate(caller, about(API_KEY_ACTIONS.read, id), null, async ({ db, rows }) => {
        const apiKey = await apiKeysStore(db, rows).byId(id);
        if (apiKey === undefined) throw apiKeyNotFound();
        return withLastUse(db, apiKey);
      }),

    change: (caller, id, { labels, scopes, expiresAt, state, name }, condition = {}) => {
      const givesMore = scopes !== undefined || expiresAt !== undefined || state === 'active';
      return change(caller, API_KEY_ACTIONS.change, id, condition, () => ({
        letsIn: expiresAt !== undefined || state === 'active',
        changed: (before) => {
          assertNotRevoked(before);
          if (givesMore) assertHolds(caller, checkedScopes(scopes ?? before.scopes));
          return {
            ...(name !== undefined && { name }),
            ...(labels !== undefined && { labels: labelsAfter(before.labels, labels, 'an API key') }),
            ...(scopes !== undefined && { scopes }),
            ...(state !== undefined && { state }),
            ...(givesMore && { expiresAt: checkedEnd(caller, { before, asked: expiresAt }, config, now()) }),
          };
        },
        answer: (after, tx) => withLastUse(tx, after),
      }));
    },

    rotate: (caller, id, { overlapMs, expiresAt, ...condition }) =>
      change(caller, API_KEY_ACTIONS.rotate, id, condition, (tenantId) => {
        const { text, hash } = mint(tenantId, id);
        return {
          letsIn: true,
          changed: (before) => {
            const rotatedAt = now();
            assertNotRevoked(before);
            assertHolds(caller, before.scopes);
            const end = checkedEnd(caller, { before, asked: expiresAt }, config, rotatedAt);
            assertNotExpired({ expiresAt: end }, rotatedAt);
            // An expired secret is not brought back by a new end of its key.
            const until = Math.min(rotatedAt + overlapMs, before.expiresAt);
            return { hash, previous: until > rotatedAt ? { hash: before.hash, until } : null, rotatedAt, expiresAt: end };
          },
          answer: (apiKey) => ({ apiKey, text }),
        };
      }),

    revoke: (caller, id, condition = {}) =>
      change(caller, API_KEY_ACTIONS.revoke, id, condition, () => ({
        changed: ({ revokedAt }) => ({ state: 'revoked', revokedAt: revokedAt ?? now(), previous: null }),
        answer: (after, tx) => withLastUse(tx, after),
      })),

    delete: async (caller, id, { precondition } = {}) => {
      try {
        await operate(caller, about(API_KEY_ACTIONS.delete, id), null, async ({ rows }) => async (tx) => {
          const store = apiKeysStore(tx, rows);
          const before = await store.byId(id);
          if (before === undefined) throw apiKeyNotFound();
          precondition?.(before);
          await store.remove(id);
        });
      } finally {
        forget();
      }
    },
  };
};

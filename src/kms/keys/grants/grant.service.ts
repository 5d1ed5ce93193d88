import { randomUUIDv7 } from 'node:crypto';
import { isUuidV7 } from '#infra/magic/uuid.ts';
import type { ActObject, Operate } from '#kms/action.ts';
import { decodeCursor, DEFAULT_LIMIT } from '#infra/http/request/cursor.ts';
import { fieldInvalid } from '#kms/api/fields.ts';
import { pageOf } from '#infra/http/request/paging.ts';
import type { Caller } from '#kms/caller.ts';
import { elasticKeyNotFound } from '../elastic-keys/elastic-key-errors.ts';
import { assertNotDestroyed } from '../elastic-keys/elastic-key.states.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import type { KeyQuotas } from '../elastic-keys/quotas.ts';
import { grantExceedsGranter, grantNotFound, grantsQuota } from './grant-errors.ts';
import { GRANT_ACTIONS } from './grant.actions.ts';
import { grantsStore, hashOfPrincipal } from './grant.store.ts';
import {
  type ContextRule,
  type Grant,
  GRANTED_OPERATIONS,
  type GrantedOperation,
  granteeOf,
  type GrantService,
  isOnePart,
  type Principal,
  WITH_CONTEXT,
} from './grant.ts';
import { missingFor } from './lent-rights.ts';

/** The longest life of a grant: who needs it longer is granted it again. */
const MAX_LIFE_MS = 366 * 86_400_000;
/** Grants of one elastic key, and of one principal. */
const MAX_OF_KEY = 1_000;
const MAX_OF_GRANTEE = 100;
const ORDER = 'grants';

const objectOf = (id: string): ActObject => ({ kind: 'grant', id });

/** By his own scopes alone: a grant is not passed on. @throws AppError `grant-exceeds-granter` 403 */
const assertHolds = (caller: Caller, key: ElasticKey, operations: readonly GrantedOperation[]): void => {
  for (const [index, operation] of operations.entries()) {
    const missing = missingFor(caller, key, operation);
    if (missing !== undefined) throw grantExceedsGranter(operation, missing, index);
  }
};

/** @throws AppError `context-not-of-operation`, `context-not-one-part` 400 */
const checkedContext = (context: ContextRule | null | undefined, operations: readonly GrantedOperation[]): ContextRule | null => {
  if (context === undefined || context === null) return null;
  const without = operations.find((operation) => !WITH_CONTEXT.has(operation));
  if (without !== undefined)
    throw fieldInvalid(
      'context-not-of-operation',
      '/context',
      `is given for ${without}, which takes no context`,
      'Grant it apart, without.',
    );
  if (context.rule === 'contains' && !isOnePart(context.value))
    throw fieldInvalid(
      'context-not-one-part',
      '/context/contains',
      'has a comma, a semicolon, an ampersand or a space, which stand between the parts of a context',
      'Name one part, or the whole context by `equals`.',
    );
  return context;
};

/** @throws AppError `expiry-past`, `expiry-far` 400 */
const checkedLife = (expiresAt: number, now: number): number => {
  if (expiresAt <= now) throw fieldInvalid('expiry-past', '/expires_at', 'is not in the future', 'Give a time in the future.');
  if (expiresAt - now <= MAX_LIFE_MS) return expiresAt;
  throw fieldInvalid('expiry-far', '/expires_at', 'is more than a year away', 'Choose a time within 366 days.');
};

/** @throws AppError `grantee-issuer` 400 */
const checkedGrantee = (grantee: Principal): Principal => {
  const isOfIssuer = grantee.kind === 'token';
  if (isOfIssuer === (grantee.issuer !== null)) return grantee;
  const message = isOfIssuer ? 'is missing: a subject of tokens is somebody only with its issuer' : 'is given for a kind that has none';
  throw fieldInvalid('grantee-issuer', '/grantee/issuer', message, isOfIssuer ? 'Give the `iss` of the tokens.' : 'Leave it out.');
};

/** @param options.now epoch milliseconds */
export const createGrantService = (options: {
  readonly operate: Operate;
  readonly quotas: KeyQuotas;
  readonly now: () => number;
}): GrantService => {
  const { operate, quotas, now } = options;
  return {
    create: (caller, key, input) => {
      const id = randomUUIDv7();
      return operate(caller, { ...GRANT_ACTIONS.create, object: objectOf(id) }, { key }, async ({ db, rows, target: { elasticKeyId } }) => {
        const elasticKey = await elasticKeysStore(db, rows).byId(elasticKeyId);
        if (!elasticKey) throw elasticKeyNotFound();
        assertNotDestroyed(elasticKey);
        const createdAt = now();
        const operations = GRANTED_OPERATIONS.filter((operation) => input.operations.includes(operation));
        const grant: Grant = {
          id,
          elasticKeyId,
          grantee: checkedGrantee(input.grantee),
          operations,
          context: checkedContext(input.context, input.operations),
          createdAt,
          expiresAt: checkedLife(input.expiresAt, createdAt),
          grantedBy: granteeOf(caller) ?? { kind: 'service', issuer: null, subject: caller.subject },
        };
        assertHolds(caller, elasticKey, input.operations);
        return async (tx) => {
          const store = grantsStore(tx, rows);
          if ((await store.count()) >= quotas.grants) throw grantsQuota('This tenant', quotas.grants);
          if ((await store.countOfKey(elasticKeyId)) >= MAX_OF_KEY) throw grantsQuota('This elastic key', MAX_OF_KEY);
          if ((await store.countOfGrantee(hashOfPrincipal(grant.grantee))) >= MAX_OF_GRANTEE)
            throw grantsQuota('This grantee', MAX_OF_GRANTEE);
          await store.insert(grant);
          return grant;
        };
      });
    },

    list: (caller, key, { limit = DEFAULT_LIMIT, cursor }) =>
      operate(caller, GRANT_ACTIONS.list, { key }, async ({ db, rows, target: { elasticKeyId } }) => {
        if (!(await elasticKeysStore(db, rows).byId(elasticKeyId))) throw elasticKeyNotFound();
        const after = decodeCursor(ORDER, 'string', cursor)?.id ?? null;
        const found = await grantsStore(db, rows).ofKey(elasticKeyId, { now: now(), after, limit: limit + 1 });
        return pageOf(found, { limit, order: ORDER, position: ({ id }) => ({ value: id, id }) });
      }),

    read: (caller, key, id) =>
      operate(caller, { ...GRANT_ACTIONS.read, object: objectOf(id) }, { key }, async ({ db, rows, target: { elasticKeyId } }) => {
        if (!(await elasticKeysStore(db, rows).byId(elasticKeyId))) throw elasticKeyNotFound();
        const grant = isUuidV7(id) ? await grantsStore(db, rows).byId(elasticKeyId, id) : undefined;
        if (grant === undefined || grant.expiresAt <= now()) throw grantNotFound();
        return grant;
      }),

    revoke: (caller, key, id, { precondition } = {}) =>
      operate(caller, { ...GRANT_ACTIONS.revoke, object: objectOf(id) }, { key }, async ({ db, rows, target: { elasticKeyId } }) => {
        if (!(await elasticKeysStore(db, rows).byId(elasticKeyId))) throw elasticKeyNotFound();
        return async (tx) => {
          const store = grantsStore(tx, rows);
          const grant = isUuidV7(id) ? await store.byId(elasticKeyId, id) : undefined;
          if (grant === undefined) throw grantNotFound();
          precondition?.(grant);
          if (!(await store.remove(id))) throw grantNotFound();
          return grant;
        };
      }),
  };
};

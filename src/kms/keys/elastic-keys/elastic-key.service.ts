import { randomUUIDv7 } from 'node:crypto';
import type { Operate, Reading, Write } from '#kms/action.ts';
import { DEFAULT_LIMIT, decodeCursor } from '#infra/http/request/cursor.ts';
import { fieldInvalid } from '#kms/api/fields.ts';
import { pageOf } from '#infra/http/request/paging.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import { keysReached } from '#kms/rights/key-scopes.ts';
import { checkElasticKeys, checkVersionsOfTenant, type KeyQuotas } from './quotas.ts';
import { elasticKeyNameTaken, elasticKeyNotFound, elasticKeyPendingImport } from './elastic-key-errors.ts';
import { ELASTIC_KEY_ACTIONS } from './elastic-key.actions.ts';
import { checkedAlgorithm, checkedExpiry, checkedName, checkedOperations } from './elastic-key.policy.ts';
import { assertStays, stateSet } from './elastic-key.states.ts';
import type { NewElasticKey } from './elastic-key.row.ts';
import { elasticKeysStore } from './elastic-key.store.ts';
import { labelsAfter } from './labels.ts';
import { checkFormerNames } from './former-names.store.ts';
import { assertGainsNothing } from './reached-keys.ts';
import { nextRotationOf, usageAfter } from './usage.ts';
import type { ElasticKey, ElasticKeyService, ElasticKeySort } from './elastic-key.ts';

export interface ElasticKeyServiceOptions {
  readonly operate: Operate;
  /** Makes the key material of an elastic key that is new; what it returns stores it, in the transaction of the key. */
  readonly makeFirstVersion: (tenantId: string, key: NewElasticKey) => Promise<Write<void>>;
  readonly quotas: KeyQuotas;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const ORDERS = {
  name: { column: 'name', direction: 'asc', type: 'string' },
  '-name': { column: 'name', direction: 'desc', type: 'string' },
  created_at: { column: 'created_at', direction: 'asc', type: 'number' },
  '-created_at': { column: 'created_at', direction: 'desc', type: 'number' },
} as const satisfies Record<ElasticKeySort, unknown>;

/** A key without a version has 1 from its creation. @throws AppError `elastic-key-pending-import` 409, `min-decryption-version-invalid` 400 */
const checkedLowest = (minDecryptionVersion: number, { latestVersion: latest }: ElasticKey): number => {
  if (minDecryptionVersion <= Math.max(1, latest)) return minDecryptionVersion;
  if (latest === 0) throw elasticKeyPendingImport();
  throw fieldInvalid(
    'min-decryption-version-invalid',
    '/min_decryption_version',
    `is above the latest version, ${latest}`,
    `Choose 1 to ${latest}.`,
  );
};

/** Who is refused gets no key made; the transaction looks again. */
const mayBeMade = async (
  name: string,
  { db, rows, quotas }: Pick<Reading<unknown>, 'db' | 'rows'> & { readonly quotas: KeyQuotas },
): Promise<void> => {
  await checkElasticKeys(db, quotas);
  await checkVersionsOfTenant(db, quotas);
  if (await elasticKeysStore(db, rows).idByName(name)) throw elasticKeyNameTaken(name);
};

export const createElasticKeyService = ({ operate, makeFirstVersion, quotas, now }: ElasticKeyServiceOptions): ElasticKeyService => ({
  create: (caller, input) => {
    const id = randomUUIDv7();
    return operate(caller, ELASTIC_KEY_ACTIONS.create, { key: id }, async ({ tenant, db, rows }) => {
      const createdAt = now();
      const algorithm = checkedAlgorithm(input);
      const { origin = 'kms' } = input;
      const usage = usageAfter({ algorithm, origin }, input.usage ?? {});
      const key: NewElasticKey = {
        id,
        name: checkedName(input.name),
        description: input.description ?? '',
        labels: labelsAfter({}, input.labels ?? {}),
        algorithm,
        use: algorithmOf(algorithm).use,
        operations: checkedOperations(algorithm, input.operations),
        state: origin === 'external' ? 'pending-import' : 'active',
        origin,
        exportable: input.exportable ?? false,
        latestVersion: origin === 'external' ? 0 : 1,
        minDecryptionVersion: 1,
        createdAt,
        updatedAt: createdAt,
        expiresAt: checkedExpiry(input.expiresAt, createdAt),
        deletionDueAt: null,
        restoresTo: null,
        destroyedAt: null,
        versionChanges: 0,
        usage,
        latestVersionAt: createdAt,
        nextRotationAt: nextRotationOf(usage, createdAt),
      };
      if (origin === 'kms' && algorithmOf(algorithm).isSlowToMake) await mayBeMade(key.name, { db, rows, quotas });
      const storeFirstVersion = origin === 'external' ? null : await makeFirstVersion(tenant.id, key);
      return async (tx) => {
        await checkElasticKeys(tx, quotas);
        const made = await elasticKeysStore(tx, rows).insert(key);
        await checkVersionsOfTenant(tx, quotas);
        await storeFirstVersion?.(tx);
        return made;
      };
    });
  },

  list: (caller, query = {}) =>
    operate(caller, ELASTIC_KEY_ACTIONS.list, null, async ({ db, rows }) => {
      const { sort = 'created_at', limit = DEFAULT_LIMIT, cursor, ...wanted } = query;
      const { scope } = ELASTIC_KEY_ACTIONS.list;
      const filter = { ...wanted, reached: caller.scopes.has(scope) ? [] : keysReached(caller.keyScopes ?? [], scope) };
      const { column, direction, type } = ORDERS[sort];
      const order = `elastic-keys/${sort}`;
      const after = decodeCursor(order, type, cursor);
      const found = await elasticKeysStore(db, rows).list(filter, { column, direction, after, limit: limit + 1 });
      const valueOf = (key: ElasticKey) => (column === 'name' ? key.name : key.createdAt);
      return pageOf(found, { limit, order, position: (key) => ({ value: valueOf(key), id: key.id }) });
    }),

  read: (caller, key) =>
    operate(caller, ELASTIC_KEY_ACTIONS.read, { key }, async ({ db, rows, target: { elasticKeyId } }) => {
      const found = await elasticKeysStore(db, rows).byId(elasticKeyId);
      if (!found) throw elasticKeyNotFound();
      return found;
    }),

  change: (caller, key, changes, { precondition } = {}) => {
    const { labels, usage: given, ...members } = changes;
    const { description: _, ...decisive } = members;
    const { name, state, operations, minDecryptionVersion: lowest, expiresAt } = decisive;
    const isOfPolicy = Object.values({ ...decisive, ...given }).some((member) => member !== undefined);
    const isMarked = name !== undefined || labels !== undefined;
    const ofPolicy = isMarked ? ELASTIC_KEY_ACTIONS.mark : ELASTIC_KEY_ACTIONS.change;
    const action = isMarked || isOfPolicy ? ofPolicy : ELASTIC_KEY_ACTIONS.describe;
    return operate(caller, action, { key }, async ({ db, rows, target: { elasticKeyId } }) => {
      if (name !== undefined) await checkFormerNames(db);
      return (tx) =>
        elasticKeysStore(tx, rows).update(elasticKeyId, (before) => {
          precondition?.(before);
          assertStays(before);
          const usage = usageAfter(before, given ?? {});
          const marks = {
            ...(labels === undefined ? {} : { labels: labelsAfter(before.labels, labels) }),
            ...(name === undefined ? {} : { name: checkedName(name) }),
          };
          assertGainsNothing(caller, before, marks);
          return {
            ...members,
            usage,
            nextRotationAt: nextRotationOf(usage, before.latestVersionAt),
            ...marks,
            ...(state === undefined ? {} : { state: stateSet(before, state) }),
            ...(operations === undefined ? {} : { operations: checkedOperations(before.algorithm, operations) }),
            ...(lowest === undefined ? {} : { minDecryptionVersion: checkedLowest(lowest, before) }),
            ...(expiresAt === undefined ? {} : { expiresAt: checkedExpiry(expiresAt, now()) }),
            updatedAt: now(),
          };
        });
    });
  },
});

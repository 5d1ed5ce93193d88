import { randomUUIDv7 } from 'node:crypto';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { Database } from '#infra/database/databases.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import { leasesEnded } from '#kms/tenants/leases.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { RandomBytes } from '#kms/jose/key-material.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';
import { insertActiveMaterialKey } from '../material-keys/material-key.store.ts';
import { mintMaterialKey } from '../material-keys/mint.ts';
import { DEFAULT_LIMIT, decodeCursor, encodeCursor } from '#kms/api/cursor.ts';
import { fieldInvalid } from '#kms/api/field-invalid.ts';
import { elasticKeyNameTaken, elasticKeyNotFound } from './elastic-key-errors.ts';
import { checkedExpiry, checkedOperations } from './elastic-key.policy.ts';
import { elasticKeyById, elasticKeyOf, elasticKeyPage, insertElasticKey, updateElasticKey } from './elastic-key.store.ts';
import type { ElasticKeyRow } from '#kms/database/elastic-keys.table.ts';
import type { ElasticKeyService, ElasticKeySort } from './elastic-key.ts';

export interface ElasticKeyServiceOptions {
  readonly barrier: Barrier;
  readonly ring: KeyRing;
  readonly database: (tenantId: string) => Promise<Database<TenantTables>>;
  readonly now: () => number;
  readonly random?: RandomBytes | undefined;
}

const ORDERS = {
  name: ['name', 'asc', 'string'],
  '-name': ['name', 'desc', 'string'],
  created_at: ['created_at', 'asc', 'number'],
  '-created_at': ['created_at', 'desc', 'number'],
} as const satisfies Record<ElasticKeySort, unknown>;

/** A unique violation on this table is always the name: ids are ours. */
const nameTaken = <T>(name: string | undefined, written: Promise<T>): Promise<T> =>
  written.catch((error: unknown) => {
    throw name !== undefined && isUniqueViolation(error) ? elasticKeyNameTaken(name) : error;
  });

export const createElasticKeyService = ({ barrier, ring, database, now, random }: ElasticKeyServiceOptions): ElasticKeyService => {
  const open = async (tenantId: string): Promise<Database<TenantTables>> => {
    if (barrier.state() === 'sealed') throw sealedError();
    return database(tenantId);
  };

  return {
    create: async (tenantId, input) => {
      const database = await open(tenantId);
      const createdAt = now();
      const row: ElasticKeyRow = {
        id: randomUUIDv7(),
        name: input.name,
        description: input.description ?? '',
        algorithm: input.algorithm,
        operations: JSON.stringify(checkedOperations(input.algorithm, input.operations)),
        state: 'active',
        latest_version: 1,
        min_decryption_version: 1,
        created_at: createdAt,
        updated_at: createdAt,
        expires_at: checkedExpiry(input.expiresAt, createdAt),
      };
      const minted = await mintMaterialKey({ barrier, random, tenantId, elasticKeyId: row.id, algorithm: row.algorithm });
      const write = database.transaction(async (tx) => {
        await insertElasticKey(tx, row);
        await insertActiveMaterialKey(tx, {
          ...minted,
          elastic_key_id: row.id,
          version: 1,
          state: 'active',
          protections_reserved: 0,
          created_at: createdAt,
          deactivated_at: null,
        });
      });
      await nameTaken(input.name, write);
      return elasticKeyOf(row);
    },

    list: async (tenantId, query = {}) => {
      const { sort = 'created_at', limit = DEFAULT_LIMIT, cursor, ...filter } = query;
      const [column, direction, type] = ORDERS[sort];
      const order = `elastic-keys/${sort}`;
      const after = decodeCursor(order, type, cursor);
      const { db } = await open(tenantId);
      const rows = await elasticKeyPage(db, filter, { column, direction, after, limit });
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const nextCursor = last && rows.length > limit ? encodeCursor(order, { value: last[column], id: last.id }) : null;
      return { items: items.map(elasticKeyOf), nextCursor };
    },

    read: async (tenantId, id) => {
      const { db } = await open(tenantId);
      const row = await elasticKeyById(db, id);
      if (!row) throw elasticKeyNotFound();
      return elasticKeyOf(row);
    },

    change: async (tenantId, id, changes) => {
      const { db, kind } = await open(tenantId);
      const before = await elasticKeyById(db, id);
      if (!before) throw elasticKeyNotFound();
      const { name, description, state, operations, minDecryptionVersion, expiresAt } = changes;
      const write = updateElasticKey(db, id, {
        updated_at: now(),
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(state === undefined ? {} : { state }),
        ...(operations === undefined ? {} : { operations: JSON.stringify(checkedOperations(before.algorithm, operations)) }),
        ...(minDecryptionVersion === undefined ? {} : { min_decryption_version: minDecryptionVersion }),
        ...(expiresAt === undefined ? {} : { expires_at: checkedExpiry(expiresAt, now()) }),
      });
      const row = await nameTaken(name, write).finally(() => ring.forget({ tenantId, elasticKeyId: id }));
      if (row) {
        const isOfPolicy = [state, operations, minDecryptionVersion, expiresAt].some((given) => given !== undefined);
        if (isOfPolicy) await leasesEnded(kind);
        return elasticKeyOf(row);
      }
      throw fieldInvalid(
        'min-decryption-version-invalid',
        '/min_decryption_version',
        `is above the latest version, ${before.latest_version}`,
        `Choose 1 to ${before.latest_version}.`,
      );
    },
  };
};

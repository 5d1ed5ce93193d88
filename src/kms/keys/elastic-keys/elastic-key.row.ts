import { storedTextMap, storedTexts, storedWord } from '#infra/database/stored-values.ts';
import type { ElasticKeyRow } from '#kms/database/elastic-keys.table.ts';
import type { Untagged } from '#kms/integrity/tagged-tables.ts';
import { OPERATIONS } from '#kms/jose/algorithm.ts';
import { ALGORITHM_NAMES, algorithmOf } from '#kms/jose/algorithms.ts';
import { ELASTIC_KEY_STATES, RESTORED_STATES } from './elastic-key.states.ts';
import { type ElasticKey, ORIGINS } from './elastic-key.ts';
import type { Labels } from './labels.ts';

/** An elastic key and its row: the one made of the other, both ways. */

/** @throws InternalError for a value that no key has */
export const elasticKeyOf = (row: ElasticKeyRow): ElasticKey => {
  const of = (column: string) => `the ${column} of elastic key ${row.id}`;
  const algorithm = storedWord(row.algorithm, ALGORITHM_NAMES, of('algorithm'));
  return {
    id: row.id,
    name: row.name,
    nameTakenOver: row.name_taken_over === 1,
    description: row.description,
    labels: row.labels === null ? {} : storedTextMap(row.labels, of('labels')),
    algorithm,
    use: algorithmOf(algorithm).use,
    operations: storedTexts(row.operations, of('operations')).map((operation) => storedWord(operation, OPERATIONS, of('operations'))),
    state: storedWord(row.state, ELASTIC_KEY_STATES, of('state')),
    origin: row.origin === null ? 'kms' : storedWord(row.origin, ORIGINS, of('origin')),
    exportable: row.exportable === 1,
    latestVersion: row.latest_version,
    minDecryptionVersion: row.min_decryption_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    deletionDueAt: row.deletion_due_at,
    restoresTo: row.restores_to === null ? null : storedWord(row.restores_to, RESTORED_STATES, of('state before the deletion')),
    destroyedAt: row.destroyed_at,
    versionChanges: row.version_changes ?? 0,
    usage: {
      maxProtections: row.max_protections,
      rotationAfterProtections: row.rotation_after_protections,
      rotationPeriod: row.rotation_period,
    },
    latestVersionAt: row.latest_version_at ?? row.created_at,
    nextRotationAt: row.next_rotation_at,
    revision: row.row_revision,
  };
};

/** A key as it is made; whether its name was another's is found out with that. */
export type NewElasticKey = Omit<ElasticKey, 'revision' | 'nameTakenOver'>;

const usageColumns = ({ usage, nextRotationAt }: Pick<ElasticKey, 'usage' | 'nextRotationAt'>) => ({
  max_protections: usage.maxProtections,
  rotation_after_protections: usage.rotationAfterProtections,
  rotation_period: usage.rotationPeriod,
  next_rotation_at: nextRotationAt,
});

/** Labels as their column has them. */
const labelsColumn = (labels: Labels): string | null => (Object.keys(labels).length === 0 ? null : JSON.stringify(labels));

/** The row of a key that is new. */
export const rowOf = (key: NewElasticKey): Untagged<'elastic_keys'> => ({
  id: key.id,
  name: key.name,
  description: key.description,
  algorithm: key.algorithm,
  operations: JSON.stringify(key.operations),
  state: key.state,
  latest_version: key.latestVersion,
  min_decryption_version: key.minDecryptionVersion,
  created_at: key.createdAt,
  updated_at: key.updatedAt,
  expires_at: key.expiresAt,
  deletion_due_at: null,
  restores_to: null,
  destroyed_at: null,
  version_changes: null,
  origin: key.origin === 'kms' ? null : key.origin,
  exportable: key.exportable ? 1 : null,
  labels: labelsColumn(key.labels),
  ...usageColumns(key),
  latest_version_at: null,
  name_taken_over: null,
});

/** Members of an elastic key that may change, and the time of the change. */
export type ElasticKeyChanges = Partial<
  Omit<
    ElasticKey,
    | 'id'
    | 'nameTakenOver'
    | 'algorithm'
    | 'use'
    | 'origin'
    | 'exportable'
    | 'latestVersion'
    | 'latestVersionAt'
    | 'createdAt'
    | 'updatedAt'
    | 'revision'
  >
> &
  Pick<ElasticKey, 'updatedAt'>;

/** The columns that change. */
export const columnsOf = (changes: ElasticKeyChanges): Partial<ElasticKeyRow> => {
  const { name, description, operations, state, minDecryptionVersion, expiresAt, updatedAt } = changes;
  const { labels, usage, nextRotationAt, deletionDueAt, restoresTo, destroyedAt, versionChanges } = changes;
  return {
    updated_at: updatedAt,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(operations === undefined ? {} : { operations: JSON.stringify(operations) }),
    ...(state === undefined ? {} : { state }),
    ...(minDecryptionVersion === undefined ? {} : { min_decryption_version: minDecryptionVersion }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(labels === undefined ? {} : { labels: labelsColumn(labels) }),
    ...(usage === undefined || nextRotationAt === undefined ? {} : usageColumns({ usage, nextRotationAt })),
    ...(deletionDueAt === undefined ? {} : { deletion_due_at: deletionDueAt }),
    ...(restoresTo === undefined ? {} : { restores_to: restoresTo }),
    ...(destroyedAt === undefined ? {} : { destroyed_at: destroyedAt }),
    ...(versionChanges === undefined ? {} : { version_changes: versionChanges }),
  };
};

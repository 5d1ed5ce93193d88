import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import { KEY_RIGHTS, type ScopedKeys } from '#infra/magic/key-scopes.ts';
import type { Caller } from '#kms/caller.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { reaches, type ScopedKey } from '#kms/rights/key-scopes.ts';
import type { ElasticKey } from './elastic-key.ts';

/** An elastic key as scopes reach it. */
export const scopedKeyOf = ({ id, name, nameTakenOver, labels }: Omit<ScopedKey, 'name'> & Pick<ElasticKey, 'name' | 'nameTakenOver'>) => ({
  id,
  name: nameTakenOver ? null : name,
  labels,
});

/** The condition of a query for keys that one of these scopes reaches; what is found by labels is compared with the row of the key. */
export const reachedKeys = (
  { and, or, eb, exists, selectFrom }: ExpressionBuilder<TenantTables, 'elastic_keys'>,
  reached: readonly ScopedKeys[],
): Expression<SqlBool> => {
  const keys = reached.flatMap((scoped) => (scoped.kind === 'key' ? [scoped.key] : []));
  const labels = reached.flatMap((scoped) => (scoped.kind === 'label' ? [scoped] : []));
  return or([
    ...(keys.length === 0
      ? []
      : [eb('elastic_keys.id', 'in', keys), and([eb('elastic_keys.name', 'in', keys), eb('elastic_keys.name_taken_over', 'is', null)])]),
    ...labels.map(({ name, value }) =>
      exists(
        selectFrom('elastic_key_labels')
          .select('elastic_key_labels.name')
          .whereRef('elastic_key_labels.elastic_key_id', '=', 'elastic_keys.id')
          .where('elastic_key_labels.name', '=', name)
          .where('elastic_key_labels.value', '=', value),
      ),
    ),
  ]);
};

/**
 * Refuses a caller who would give himself a right by the name or the labels that he gives a key: scopes for single keys are given by
 * others.
 *
 * @throws AppError `scope-self-given` 403
 */
export const assertGainsNothing = (
  { scopes, keyScopes }: Pick<Caller, 'scopes' | 'keyScopes'>,
  before: ElasticKey,
  marks: Partial<Pick<ElasticKey, 'name' | 'labels'>>,
): void => {
  if (keyScopes === undefined) return;
  const { name = before.name } = marks;
  // Whether another had the new name is found out later: it would gain him less.
  const nameTakenOver = name === before.name && before.nameTakenOver;
  const [then, now] = [scopedKeyOf(before), scopedKeyOf({ ...before, ...marks, nameTakenOver })];
  const gained = [...KEY_RIGHTS].find((right) => !scopes.has(right) && reaches(keyScopes, right, now) && !reaches(keyScopes, right, then));
  if (gained === undefined) return;
  throw new AppError('scope-self-given', 403, `By this name, or these labels, you would give yourself ${gained} for this key.`, {
    fix: 'Have somebody else name or label it.',
  });
};

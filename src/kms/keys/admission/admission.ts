import type { AppError } from '#infra/apperr/app-error.ts';
import { KEY_RIGHTS, scopeForKeys } from '#infra/magic/key-scopes.ts';
import { isUuid } from '#infra/magic/uuid.ts';
import { type Action, type ActObject, type Asked, type Target, targetOf } from '#kms/action.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { Caller } from '#kms/caller.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { mayReach, namesKey, reaches } from '#kms/rights/key-scopes.ts';
import { elasticKeyNotFound, isElasticKeyNotFound } from '../elastic-keys/elastic-key-errors.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { scopedKeyOf } from '../elastic-keys/reached-keys.ts';
import { grantContextRefused } from '../grants/grant-errors.ts';
import type { HeldGrants } from '../grants/held-grants.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';

/** An act of a caller who does not hold its scope for all keys. */
interface Attempt {
  readonly caller: Caller;
  readonly action: Action;
  /** Set once the key is found, whether or not he may. */
  target: Target | null;
  /** The grant by which he may. */
  object?: ActObject;
}

/** Whether a caller may do an act although he does not hold its scope for all keys. */
export interface Admission {
  /**
   * Refuses a caller who has the right for no key at all, by a scope or by a grant.
   *
   * @param asked absent where it is not known yet
   * @throws AppError `scope-insufficient` 403
   */
  mustBeAble(caller: Caller, action: Action, asked?: Asked | null): Promise<void>;
  /**
   * Finds the key that is asked for, and refuses a caller who has not the right to it. One that is not there is answered alike, unless his
   * scopes name it.
   *
   * @throws AppError `scope-insufficient`, `grant-context-refused` 403, `elastic-key-not-found` 404
   */
  mustReach(attempt: Attempt, asked: Asked): Promise<void>;
}

/** The least scope that an act lacks: for the one key, where the caller holds scopes for single keys. */
const missingOf = ({ keyScopes }: Caller, { scope, reach }: Action, asked: Asked | null | undefined): string => {
  const isOfKey = keyScopes !== undefined && reach === undefined && KEY_RIGHTS.has(scope);
  return isOfKey && asked ? scopeForKeys({ kind: 'key', key: asked.key }, scope) : scope;
};

export const createAdmission = (options: {
  readonly barrier: Pick<Barrier, 'state'>;
  readonly rows: Pick<RowIntegrity, 'of'>;
  readonly ring: Pick<KeyRing, 'idOf' | 'snapshot'>;
  /** None: nobody has a right but by scopes. */
  readonly grants: Pick<HeldGrants, 'giveSome' | 'allowing'> | undefined;
  readonly insufficientScope: (scope: string) => AppError;
}): Admission => {
  const { barrier, rows, ring, grants, insufficientScope } = options;

  /** A use has the key in memory, mostly; the others read its row, and open no key material. */
  const find = async ({ caller: { tenant }, action }: Attempt, { key }: Asked): Promise<ElasticKey> => {
    if (action.mode === 'use') {
      const elasticKeyId = isUuid(key) ? key : await ring.idOf({ tenant, name: key });
      return (await ring.snapshot({ tenant, elasticKeyId })).elasticKey;
    }
    const { db } = await tenant.database();
    const store = elasticKeysStore(db, rows.of(tenant.id));
    const id = isUuid(key) ? key : await store.idByName(key);
    const found = id === undefined ? undefined : await store.byId(id);
    if (!found) throw elasticKeyNotFound();
    return found;
  };

  return {
    mustBeAble: async (caller, action, asked) => {
      const { scope, reach } = action;
      const isAbout = asked === undefined || (asked === null) === (reach === 'reached');
      if (reach !== 'tenant' && isAbout && mayReach(caller.keyScopes, scope)) return;
      // No grant can be read while the KMS is sealed, so who has no scope is told no more than that.
      const mayBeGranted = reach === undefined && asked !== null && barrier.state() !== 'sealed';
      if (mayBeGranted && (await grants?.giveSome(caller, scope)) === true) return;
      throw insufficientScope(missingOf(caller, action, asked));
    },
    mustReach: async (attempt, asked) => {
      const { caller, action } = attempt;
      const { keyScopes } = caller;
      const refusal = () => insufficientScope(missingOf(caller, action, asked));
      const key = await find(attempt, asked).catch((error: unknown) => {
        throw isElasticKeyNotFound(error) && !namesKey(keyScopes, action.scope, asked.key) ? refusal() : error;
      });
      attempt.target = targetOf(asked, key.id);
      if (reaches(keyScopes, action.scope, scopedKeyOf(key))) return;
      const use = { elasticKeyId: key.id, scope: action.scope, context: asked.context };
      const granted = (await grants?.allowing(caller, use)) ?? { refused: 'no' };
      if ('refused' in granted) throw granted.refused === 'context' ? grantContextRefused() : refusal();
      attempt.object = { kind: 'grant', id: granted.grant.id };
    },
  };
};

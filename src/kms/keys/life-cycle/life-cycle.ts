import type { Precondition } from '#infra/http/request/entity-tag.ts';
import type { Caller } from '#kms/caller.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import type { RevocationReason } from '../material-keys/material-key.states.ts';
import type { MaterialKey } from '../material-keys/material-key.ts';

/** Days that a deletion waits where its caller does not say how many. */
export const USUAL_WAIT_DAYS = 7;

interface Condition<T> {
  /** Looks at what is changed, in the transaction of the change. */
  readonly precondition?: Precondition<T>;
}

interface ScheduleDeletion<T> extends Condition<T> {
  /** 1 to 365, default 7; after them the key is destroyed. */
  readonly waitDays?: number;
}

interface RevokeMaterialKey extends Condition<MaterialKey> {
  readonly reason: RevocationReason;
  /** Default empty. */
  readonly comment?: string;
  /** Whether the version goes on to decrypt, unwrap or verify; default false. */
  readonly allowsProcessing?: boolean;
}

/**
 * The end of elastic keys and of their versions, as `elastic-key.states.ts` and `material-key.states.ts` draw it. Each change holds from
 * its answer on, in every replica. A key is named by its id or its name; one of another tenant is `elastic-key-not-found`, 404. A
 * precondition that does not hold is `precondition-failed`, 412.
 */
export interface LifeCycleService {
  /**
   * Schedules the destruction of an elastic key with all its versions; until then it does nothing. Where it is scheduled already, the new
   * date holds.
   *
   * @throws AppError `elastic-key-destroyed` 409
   */
  scheduleDeletion(caller: Caller, key: string, input?: ScheduleDeletion<ElasticKey>): Promise<ElasticKey>;
  /**
   * Cancels a deletion: the key is in the state again in which it was before. Where none is scheduled, nothing is changed.
   *
   * @throws AppError `elastic-key-destroyed` 409
   */
  restore(caller: Caller, key: string, condition?: Condition<ElasticKey>): Promise<ElasticKey>;
  /**
   * Revokes a version for good. A second revocation may give another reason and forbid processing, and allows nothing again.
   *
   * @throws AppError `processing-of-compromised` 400, `material-key-not-found` 404; `revocation-final`, `material-key-destroyed`,
   *   `elastic-key-destroyed` 409
   */
  revokeVersion(caller: Caller, key: string, id: string, input: RevokeMaterialKey): Promise<MaterialKey>;
  /**
   * Schedules the destruction of a version; until then it does nothing. Where it is scheduled already, the new date holds.
   *
   * @throws AppError `material-key-not-found` 404, `material-key-destroyed`, `elastic-key-destroyed` 409
   */
  scheduleDeletionOfVersion(caller: Caller, key: string, id: string, input?: ScheduleDeletion<MaterialKey>): Promise<MaterialKey>;
  /** Cancels the deletion of a version; where none is scheduled, nothing is changed. @throws AppError as `scheduleDeletionOfVersion` */
  restoreVersion(caller: Caller, key: string, id: string, condition?: Condition<MaterialKey>): Promise<MaterialKey>;
}

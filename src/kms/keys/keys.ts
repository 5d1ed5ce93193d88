import type { AppError } from '#infra/apperr/app-error.ts';
import type { Act, Admit, Operate } from '#kms/action.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { createIdempotency } from '#kms/idempotency/create-idempotency.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { RandomBytes } from '#kms/jose/key-material.ts';
import { createElasticKeyService } from './elastic-keys/elastic-key.service.ts';
import type { ElasticKeyService } from './elastic-keys/elastic-key.ts';
import type { KeyRing } from './key-ring/key-ring.ts';
import { createKeyRing } from './key-ring/create-key-ring.ts';
import { forgetIdleKeys } from './key-ring/forget-idle-keys.ts';
import { firstVersionMaker } from './material-keys/first-version.ts';
import { createGrantService } from './grants/grant.service.ts';
import type { GrantService } from './grants/grant.ts';
import { createHeldGrants } from './grants/held-grants.ts';
import { createMaterialKeyService } from './material-keys/material-key.service.ts';
import { createDestruction, type Destruction } from './life-cycle/destruction.ts';
import { createLifeCycle } from './life-cycle/create-life-cycle.ts';
import type { LifeCycleService } from './life-cycle/life-cycle.ts';
import type { MaterialKeyService } from './material-keys/material-key.ts';
import { createSlowKeys } from './material-keys/slow-keys.ts';
import { createRotationHints, type RotationHints } from './rotation/rotation-hints.ts';
import { createCryptography, type Cryptography } from './operations/cryptography.ts';
import type { Administration } from './operations/administration.ts';
import { type Audit, createDoor } from './operations/operate.ts';
import { createTransfer, type Transfer } from './transfer/transfer.ts';
import { type KeyQuotas, USUAL_QUOTAS } from './elastic-keys/quotas.ts';

/** The services for the keys of tenants. */
export interface Keys {
  /** For the guard, which asks before the body of a request is read. */
  readonly admit: Admit;
  /** For acts that are about no key. */
  readonly operate: Operate;
  readonly elasticKeys: ElasticKeyService;
  readonly materialKeys: MaterialKeyService;
  readonly lifeCycle: LifeCycleService;
  readonly grants: GrantService;
  readonly transfer: Transfer;
  /** For the job that destroys what is due. */
  readonly destruction: Destruction;
  /** Jobs that need nothing else. */
  readonly jobs: readonly Job[];
  readonly crypto: Cryptography;
  /** Tenants whose keys are to be rotated by their count. */
  readonly rotationHints: RotationHints;
  /** Policies and versions in memory. */
  readonly inMemory: KeyRing['sizes'];
}

export interface KeysOptions {
  readonly barrier: Barrier;
  /** Checks and tags the rows of elastic and material keys. */
  readonly rows: Pick<RowIntegrity, 'of'>;
  /** The refusal of a caller who does not hold a scope. */
  readonly insufficientScope: (scope: string) => AppError;
  /** None: no act administers. */
  readonly administration?: Administration;
  /** None: acts leave no record. */
  readonly audit?: Audit;
  /** Called with every act once it is over; must not throw. */
  readonly emit?: (act: Act) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds on a clock that never goes back, for leases. */
  readonly elapsed?: () => number;
  readonly random?: RandomBytes;
  /** Of each tenant; default USUAL_QUOTAS. */
  readonly quotas?: KeyQuotas;
}

/** The services behind one door, over one key ring: what one changes the others see at once. */
export const createKeys = ({
  barrier,
  rows,
  insufficientScope,
  administration,
  audit,
  emit,
  now,
  elapsed,
  random,
  quotas = USUAL_QUOTAS,
}: KeysOptions): Keys => {
  const rotationHints = createRotationHints();
  const ring = createKeyRing({ barrier, rows, rotationDue: rotationHints.add, ...(elapsed && { elapsed }) });
  const grants = createHeldGrants({ barrier, rows, now, ...(elapsed && { elapsed }) });
  const mint = { barrier, random, slowKeys: createSlowKeys() };
  const idempotency = createIdempotency({ barrier, rows, limit: quotas.idempotencyKeys, now });
  const told = { ...(administration && { administration }), ...(audit && { audit }), ...(emit && { emit }) };
  const { operate, admit } = createDoor({ barrier, rows, ring, grants, insufficientScope, idempotency, ...told });
  return {
    admit,
    operate,
    elasticKeys: createElasticKeyService({ operate, makeFirstVersion: firstVersionMaker({ rows, ...mint }), quotas, now }),
    materialKeys: createMaterialKeyService({ operate, quotas, now, ...mint }),
    lifeCycle: createLifeCycle({ operate, now }),
    grants: createGrantService({ operate, quotas, now }),
    transfer: createTransfer({ operate, quotas, now, ...mint }),
    destruction: createDestruction({ operate, now }),
    jobs: [forgetIdleKeys(ring)],
    crypto: createCryptography({ operate, now, random }),
    rotationHints,
    inMemory: ring.sizes,
  };
};

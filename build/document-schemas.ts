import { accountCreateSchema } from '../src/cli/documents/account-create.ts';
import { auditExportSchema, auditHeadSchema, auditVerifySchema } from '../src/cli/documents/audit.ts';
import {
  barrierReshareSchema,
  barrierRotateSchema,
  barrierSealSchema,
  barrierStatusSchema,
  barrierUnsealSchema,
} from '../src/cli/documents/barrier.ts';
import { accountChangeSchema, accountListSchema } from '../src/cli/documents/accounts.ts';
import { clientCreateSchema } from '../src/cli/documents/client-create.ts';
import { clientChangeSchema, clientListSchema, clientSecretSchema, clientShowSchema } from '../src/cli/documents/clients.ts';
import { doctorSchema } from '../src/cli/documents/doctor.ts';
import { downSchema } from '../src/cli/documents/down.ts';
import { envSchema } from '../src/cli/documents/env.ts';
import { drillsSchema } from '../src/cli/documents/drills.ts';
import { errorSchema } from '../src/cli/documents/error.ts';
import { evidenceVerifySchema } from '../src/cli/documents/evidence.ts';
import { hashPasswordSchema } from '../src/cli/documents/hash-password.ts';
import { logLineSchema } from '../src/cli/documents/log-line.ts';
import { openSchema } from '../src/cli/documents/open.ts';
import { planSchema } from '../src/cli/documents/plan.ts';
import { prepareProdSchema } from '../src/cli/documents/prepare-prod.ts';
import { prepareSchema } from '../src/cli/documents/prepare.ts';
import { realmAddSchema } from '../src/cli/documents/realm-add.ts';
import { issuerKeysFlushSchema } from '../src/cli/documents/issuer-keys.ts';
import { realmUserSchema, realmUsersImportSchema, realmUsersListSchema } from '../src/cli/documents/realm-users.ts';
import { signingKeyListSchema, signingKeyRotateSchema, signingKeyWithdrawSchema } from '../src/cli/documents/signing-key.ts';
import { snapshotListSchema, snapshotRemoveSchema, snapshotRestoreSchema, snapshotSaveSchema } from '../src/cli/documents/snapshot.ts';
import { statusSchema } from '../src/cli/documents/status.ts';
import { tenantCreateSchema } from '../src/cli/documents/tenant-create.ts';
import { tenantChangeSchema, tenantListSchema } from '../src/cli/documents/tenants.ts';
import { traceListSchema, traceSchema } from '../src/cli/documents/trace.ts';
import { trustSchema } from '../src/cli/documents/trust.ts';
import { untrustSchema } from '../src/cli/documents/untrust.ts';
import { checksSchema, exchangesSchema, manifestSchema } from '../src/demo/evidence/bundle/schemas.ts';
import { reportSchema } from '../src/demo/report.ts';

/** The JSON Schema of every document that a command prints, by the name under which `docs/schemas` publishes it. */
export const DOCUMENT_SCHEMAS = {
  'demo-report': reportSchema,
  doctor: doctorSchema,
  plan: planSchema,
  status: statusSchema,
  'log-line': logLineSchema,
  trace: traceSchema,
  'trace-list': traceListSchema,
  down: downSchema,
  env: envSchema,
  drills: drillsSchema,
  open: openSchema,
  prepare: prepareSchema,
  'prepare-prod': prepareProdSchema,
  trust: trustSchema,
  untrust: untrustSchema,
  'snapshot-save': snapshotSaveSchema,
  'snapshot-restore': snapshotRestoreSchema,
  'snapshot-list': snapshotListSchema,
  'snapshot-remove': snapshotRemoveSchema,
  'tenant-create': tenantCreateSchema,
  'tenant-list': tenantListSchema,
  'tenant-change': tenantChangeSchema,
  'realm-add': realmAddSchema,
  'realm-users-list': realmUsersListSchema,
  'realm-user': realmUserSchema,
  'realm-users-import': realmUsersImportSchema,
  'hash-password': hashPasswordSchema,
  'account-create': accountCreateSchema,
  'account-list': accountListSchema,
  'account-change': accountChangeSchema,
  'client-create': clientCreateSchema,
  'client-list': clientListSchema,
  'client-show': clientShowSchema,
  'client-change': clientChangeSchema,
  'client-secret': clientSecretSchema,
  'issuer-keys-flush': issuerKeysFlushSchema,
  'signing-key-list': signingKeyListSchema,
  'signing-key-rotate': signingKeyRotateSchema,
  'signing-key-withdraw': signingKeyWithdrawSchema,
  'audit-head': auditHeadSchema,
  'audit-export': auditExportSchema,
  'audit-verify': auditVerifySchema,
  'barrier-status': barrierStatusSchema,
  'barrier-seal': barrierSealSchema,
  'barrier-unseal': barrierUnsealSchema,
  'barrier-rotate': barrierRotateSchema,
  'barrier-reshare': barrierReshareSchema,
  'evidence-verify': evidenceVerifySchema,
  'evidence-manifest': manifestSchema,
  'evidence-checks': checksSchema,
  'evidence-exchanges': exchangesSchema,
  error: errorSchema,
};

import type { ApiKeyRow, ApiKeyUseRow } from './api-keys.table.ts';
import type { ElasticKeyLabelRow } from './elastic-key-labels.table.ts';
import type { ElasticKeyRow } from './elastic-keys.table.ts';
import type { ErasureDueRow } from './erasures-due.table.ts';
import type { FormerNameRow } from './former-names.table.ts';
import type { GrantRow } from './grants.table.ts';
import type { IdempotencyKeyRow } from './idempotency-keys.table.ts';
import type { LedgerTables } from './row-ledger.table.ts';
import type { MaterialKeyRow } from './material-keys.table.ts';
import type { TransportKeyRow } from './transport-keys.table.ts';

/** Tables of one tenant's own database; no row names the tenant because the database is the tenant's. */
export interface TenantTables extends LedgerTables {
  elastic_keys: ElasticKeyRow;
  elastic_key_labels: ElasticKeyLabelRow;
  material_keys: MaterialKeyRow;
  idempotency_keys: IdempotencyKeyRow;
  transport_keys: TransportKeyRow;
  erasures_due: ErasureDueRow;
  former_names: FormerNameRow;
  api_keys: ApiKeyRow;
  api_key_uses: ApiKeyUseRow;
  grants: GrantRow;
}

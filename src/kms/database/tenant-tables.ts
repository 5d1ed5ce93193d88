import type { ElasticKeyRow } from '#kms/elastic-keys/elastic-key.table.ts';
import type { MaterialKeyRow } from '#kms/material-keys/material-key.table.ts';

/** Tables of one tenant's own database; no row names the tenant because the database is the tenant's. */
export interface TenantTables {
  elastic_keys: ElasticKeyRow;
  material_keys: MaterialKeyRow;
}

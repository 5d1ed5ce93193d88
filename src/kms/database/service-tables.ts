import type { BarrierKeyRow } from '#kms/barrier/barrier-keys.table.ts';

/** Tables of the service database: what belongs to no single tenant. */
export interface ServiceTables {
  barrier_keys: BarrierKeyRow;
}

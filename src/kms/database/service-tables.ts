import type { BarrierKeyRow } from './barrier-keys.table.ts';
import type { ClockLookRow } from './clock-looks.table.ts';
import type { BrowserSessionRow } from './browser-sessions.table.ts';
import type { DemoResetRow } from './demo-resets.table.ts';
import type { IdempotencyTables } from './idempotency-keys.table.ts';
import type { LedgerTables } from './row-ledger.table.ts';
import type { RealmUserRow } from './realm-users.table.ts';
import type { DatabaseToDropRow } from './databases-to-drop.table.ts';
import type { TenantRow } from './tenants.table.ts';

/** Tables of the service database: what belongs to no single tenant. */
export interface ServiceTables extends LedgerTables, IdempotencyTables {
  barrier_keys: BarrierKeyRow;
  kms_tenants: TenantRow;
  kms_databases_to_drop: DatabaseToDropRow;
  kms_realm_users: RealmUserRow;
  kms_demo_resets: DemoResetRow;
  kms_clock_looks: ClockLookRow;
  kms_browser_sessions: BrowserSessionRow;
}

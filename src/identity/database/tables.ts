import type { AccountTables } from '../accounts/account.table.ts';
import type { ClientTables } from '../clients/client.table.ts';
import type { DemoResetTables } from '../demo/demo-reset.table.ts';
import type { DemoTenantTables } from '../demo/demo-tenant.table.ts';
import type { SigningKeyTables } from '../keys/signing-keys.table.ts';
import type { PayloadTables } from '../provider/store/payloads.table.ts';

/** Every table of Identity's database; each slice owns its row types and its migration. */
export interface IdentityTables extends AccountTables, ClientTables, DemoTenantTables, DemoResetTables, PayloadTables, SigningKeyTables {}

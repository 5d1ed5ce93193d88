import type { AccountTables } from './accounts.table.ts';
import type { ClientTables } from './clients.table.ts';
import type { DemoTables } from './demo.table.ts';
import type { SigningKeyTables } from './signing-keys.table.ts';
import type { PayloadTables } from './payloads.table.ts';

/** Every table of Identity's database; each slice owns its row types and its migration. */
export interface IdentityTables extends AccountTables, ClientTables, DemoTables, PayloadTables, SigningKeyTables {}

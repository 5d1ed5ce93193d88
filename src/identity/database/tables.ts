import type { AccountTables } from '../accounts/account.table.ts';
import type { ClientTables } from '../clients/client.table.ts';
import type { DemoTables } from '../demo/demo.table.ts';
import type { SigningKeyTables } from '../keys/signing-keys.table.ts';
import type { PayloadTables } from '../provider/store/payloads.table.ts';

/** Every table of Identity's database; each slice owns its row types and its migration. */
export interface IdentityTables extends AccountTables, ClientTables, DemoTables, PayloadTables, SigningKeyTables {}

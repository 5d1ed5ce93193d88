import type { AccountTables } from '#identity/accounts/account.table.ts';
import type { ClientTables } from '#identity/clients/client.table.ts';
import type { DemoTables } from '#identity/demo/demo.table.ts';
import type { SigningKeyTables } from '#identity/keys/signing-keys.table.ts';
import type { PayloadTables } from '#identity/provider/store/payloads.table.ts';

/** Every table of Identity's database; each slice owns its row types and its migration. */
export interface IdentityTables extends AccountTables, ClientTables, DemoTables, PayloadTables, SigningKeyTables {}

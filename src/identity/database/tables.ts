import type { AccountTables } from './accounts.table.ts';
import type { ClientTables } from './clients.table.ts';
import type { DemoTables } from './demo.table.ts';
import type { FactorTables } from './factors.table.ts';
import type { SigningKeyTables } from './signing-keys.table.ts';
import type { InitialTokenTables } from './initial-tokens.table.ts';
import type { LogoutTables } from './logouts.table.ts';
import type { PasskeyTables } from './passkeys.table.ts';
import type { PayloadTables } from './payloads.table.ts';
import type { RevocationTables } from './revocations.table.ts';

/**
 * Every table of Identity's database. This folder holds the row types and migrations of all slices, and no query: rows hold text, numbers
 * and bytes as the database has them, and the store of each slice reads them into its own types.
 */
export interface IdentityTables
  extends
    AccountTables,
    ClientTables,
    DemoTables,
    FactorTables,
    InitialTokenTables,
    LogoutTables,
    PasskeyTables,
    PayloadTables,
    RevocationTables,
    SigningKeyTables {}

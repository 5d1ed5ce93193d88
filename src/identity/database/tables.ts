import type { AccountTables } from '../accounts/account.table.ts';
import type { ClientTables } from '../clients/client.table.ts';
import type { DemoTenantTables } from '../demo/demo-tenant.table.ts';
import type { SigningKeyTable } from '../keys/signing-keys.table.ts';
import type { OidcPayloadTable, RevokedTokenTable } from '../provider/payloads.table.ts';

/** Every table of Identity's database; each slice owns its row types and its migration. */
export interface IdentityTables extends AccountTables, ClientTables, DemoTenantTables {
  oidc_payloads: OidcPayloadTable;
  revoked_tokens: RevokedTokenTable;
  signing_keys: SigningKeyTable;
}

import type { Insertable, Selectable } from 'kysely';
import type { ClientSecurityRow } from '#identity/database/client-security.table.ts';
import type { ClientSecurity } from './client-security.ts';

export const columnsOfSecurity = (security: ClientSecurity): Required<Insertable<ClientSecurityRow>> => ({
  require_par: security.requirePushedRequests === true ? 1 : null,
});

export const securityOfRow = (row: Selectable<ClientSecurityRow>): ClientSecurity =>
  row.require_par === 1 ? { requirePushedRequests: true } : {};

import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document } from './document.ts';

const tenant = strictObject({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  state: Type.String({ description: 'active, suspended, pending-removal or removed' }),
  removal_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description: 'null where no removal is scheduled' }),
});

/** `passthru tenant list --output json` */
export const tenantListSchema = document('tenant-list', 'passthru tenant list', { tenants: Type.Array(tenant) });

/** `passthru tenant suspend --output json`, and so of activate, remove and restore */
export const tenantChangeSchema = document('tenant-change', 'passthru tenant suspend, activate, remove, restore', { tenant });

export type TenantListDocument = Static<typeof tenantListSchema>;
export type TenantChangeDocument = Static<typeof tenantChangeSchema>;

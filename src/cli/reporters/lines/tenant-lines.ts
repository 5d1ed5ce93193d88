import { columnsOf, pad } from '../terminal/layout.ts';

/** Tenant ids before and after a reset, a line each. */
export const tenantLines = (rows: readonly { readonly tenant: string; readonly old: string; readonly id: string }[]): readonly string[] => {
  const columns = Math.max(0, ...rows.map(({ tenant }) => columnsOf(tenant)));
  return rows.map(({ tenant, old, id }) => `  ${pad(tenant, columns)}  ${old === id ? `${id} (as before)` : `${old} → ${id}`}`);
};

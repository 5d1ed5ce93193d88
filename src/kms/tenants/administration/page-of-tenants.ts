import { DEFAULT_LIMIT, decodeCursor } from '#infra/http/request/cursor.ts';
import { type Page, pageOf } from '#infra/http/request/paging.ts';
import type { TenantRecord } from '../tenant.ts';
import type { ListTenants, TenantSort } from './administration.ts';
import type { ShownTenants } from './shown-tenants.store.ts';

const ORDERS = {
  name: { column: 'name', direction: 'asc', type: 'string' },
  '-name': { column: 'name', direction: 'desc', type: 'string' },
  created_at: { column: 'created_at', direction: 'asc', type: 'number' },
  '-created_at': { column: 'created_at', direction: 'desc', type: 'number' },
} as const satisfies Readonly<Record<TenantSort, unknown>>;

/** One page of the list. @throws AppError `cursor-invalid` 400 */
export const pageOfTenants = async (
  shown: Pick<ShownTenants, 'list'>,
  { sort = 'created_at', limit = DEFAULT_LIMIT, cursor, ...filter }: ListTenants,
): Promise<Page<TenantRecord>> => {
  const { column, direction, type } = ORDERS[sort];
  const order = `tenants/${sort}`;
  const after = decodeCursor(order, type, cursor);
  const found = await shown.list(filter, { column, direction, after, limit: limit + 1 });
  const valueOf = ({ name, createdAt }: TenantRecord) => (column === 'name' ? name : createdAt);
  return pageOf(found, { limit, order, position: (tenant) => ({ value: valueOf(tenant), id: tenant.id }) });
};

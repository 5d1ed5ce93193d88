import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { checkConfig } from '#infra/config/check-config.ts';
import { UUID_V4 } from '#infra/magic/uuid.ts';

/** Pattern for the names of a demo's tenants, accounts, clients and keys. */
export const DEMO_NAME = '^[a-z][a-z0-9-]{0,63}$';

/** Tenant ids by tenant name. */
export type DemoTenants = Readonly<Record<string, string>>;

export const demoTenantsSchema = Type.Record(
  Type.String({ pattern: DEMO_NAME }),
  Type.String({ pattern: UUID_V4, description: 'a UUIDv4 in lower case' }),
  { additionalProperties: false, minProperties: 1, maxProperties: 64 },
);

/** Whether these are the same tenants under the same ids. */
export const sameTenants = (a: DemoTenants, b: DemoTenants): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, id]) => b[name] === id);

/** An id for each of these tenants: the given one, else a new UUIDv4. */
export const tenantIds = (names: readonly string[], given: DemoTenants, newId: () => string = randomUUID): DemoTenants =>
  Object.fromEntries(names.map((name) => [name, Object.hasOwn(given, name) ? (given[name] ?? newId()) : newId()]));

/** @throws AppError `demo-tenant-unknown` 400 for a tenant that is not in the seed */
export const refuseUnknownTenants = (names: readonly string[], given: DemoTenants): void => {
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw new AppError('demo-tenant-unknown', 400, `The demo has no tenant ${unknown.join(', ')}.`, {
    fields: unknown.map((name) => ({ field: `/tenants/${name}`, message: `is none of ${names.join(', ')}` })),
  });
};

/** The ids given for these tenants belong to tenants already. */
export const tenantIdsUsed = (names: readonly string[], cause?: unknown): AppError =>
  new AppError('demo-tenant-id-used', 409, 'Demo data needs tenant ids that are new.', {
    cause,
    fields: names.map((name) => ({ field: `/tenants/${name}`, message: 'is in use already' })),
    fix: 'Send a new UUIDv4 for each tenant, or none.',
  });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('config-invalid', 400, 'The file of demo tenants is not JSON.', { cause, fix: 'Remove it; it is made again.' });
  }
};

/**
 * Reads the tenant ids that were chosen for all servers before they started.
 *
 * @returns no ids when there is no such file
 * @throws AppError `config-unreadable`, `config-invalid`
 */
export const readDemoTenants = async (file: string | undefined): Promise<DemoTenants> => {
  if (file === undefined) return {};
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw new AppError('config-unreadable', 400, 'The file of demo tenants cannot be read.', { cause, fix: 'Check its permissions.' });
  });
  return text === null ? {} : checkConfig(demoTenantsSchema, parse(text), 'The file of demo tenants');
};

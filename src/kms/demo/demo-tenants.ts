import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { checkConfig } from '#infra/config/load-config.ts';

/** Tenant ids by tenant name. */
export const demoTenantsSchema = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' }),
  Type.String({
    pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
    description: 'a UUIDv4 in lower case',
  }),
  { additionalProperties: false, minProperties: 1, maxProperties: 64 },
);

export type DemoTenants = Readonly<Record<string, string>>;

/** An id for each of these tenants: the given one, else a new UUIDv4. */
export const tenantIds = (names: readonly string[], given: DemoTenants, newId: () => string = randomUUID): DemoTenants =>
  Object.fromEntries(names.map((name) => [name, Object.hasOwn(given, name) ? (given[name] ?? newId()) : newId()]));

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('config-invalid', 400, 'The file of demo tenants is not JSON.', { cause, fix: 'Remove it; it is made again.' });
  }
};

/**
 * The tenant ids that whoever starts the servers has chosen for all of them.
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

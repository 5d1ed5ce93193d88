import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setAside } from '#engine/state/run-file.ts';
import { writeFileAtomic } from '#infra/secrets/atomic-file.ts';

/** Names of the demo tenants; the seeds of both servers use them. */
const DEMO_TENANT_NAMES = ['demo', 'demo-other'] as const;

export type TenantIds = Readonly<Record<string, string>>;

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The tenant ids in the file; made when there is none, or when it is damaged, and with `renew`; `set` puts others in their place.
 * Random (version 4), so that nobody guesses the next demo's. On the disk before it returns.
 */
export const demoTenants = async (
  file: string,
  options: { renew?: boolean; set?: TenantIds; warn?: (text: string) => void } = {},
): Promise<TenantIds> => {
  const { renew = false, set, warn = () => {} } = options;
  if (set === undefined && !renew) {
    const text = await readFile(file, 'utf8').catch(missingIsNull);
    const found = text === null ? null : parse(text);
    if (found !== null) return found;
    if (text !== null) {
      await setAside(file);
      warn('the file of demo tenants was damaged; it was moved aside, and new tenant ids were made');
    }
  }
  const tenants = set ?? Object.fromEntries(DEMO_TENANT_NAMES.map((name) => [name, randomUUID()]));
  await writeFileAtomic(file, `${JSON.stringify(tenants, null, 2)}\n`);
  return tenants;
};

const parse = (text: string): TenantIds | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // No JSON: the caller says that the file was damaged.
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries: [string, unknown][] = Object.entries(value);
  const isSound = entries.length > 0 && entries.every(([, id]) => typeof id === 'string' && UUID_V4.test(id));
  return isSound ? (Object.fromEntries(entries) as TenantIds) : null;
};

const missingIsNull = (error: unknown): null => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
};

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { jsonObject } from '#infra/json/json-object.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { setAside } from '#engine/state/run-file.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import { isUuidV4 } from '#infra/magic/uuid.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';

/** Names of the demo tenants; the seeds of both servers use them. */
const DEMO_TENANT_NAMES = ['demo', 'demo-other'] as const;

/**
 * The tenant ids in the file; made when there is none, or when it is damaged; `set` puts others in their place.
 * Random (version 4), so that nobody guesses the next demo's. On the disk before it returns.
 */
export const demoTenants = async (
  file: string,
  options: { set?: DemoTenants; warn?: (text: string) => void } = {},
): Promise<DemoTenants> => {
  const { set, warn = () => {} } = options;
  if (set === undefined) {
    const text = await readFile(file, 'utf8').catch(missingIs(null));
    const found = text === null ? null : parse(text);
    if (found !== null) return found;
    if (text !== null) {
      await setAside(file);
      warn('the file of demo tenants was damaged; it was moved aside, and new tenant ids were made');
    }
  }
  const tenants = set ?? Object.fromEntries(DEMO_TENANT_NAMES.map((name) => [name, randomUUID()]));
  await writeFileAtomic(file, tenantsText(tenants));
  return tenants;
};

/** The text of the file. */
export const tenantsText = (tenants: DemoTenants): string => `${JSON.stringify(tenants, null, 2)}\n`;

const parse = (text: string): DemoTenants | null => {
  const entries = Object.entries(jsonObject(text) ?? {});
  const isSound = entries.length > 0 && entries.every(([, id]) => typeof id === 'string' && isUuidV4(id));
  return isSound ? (Object.fromEntries(entries) as DemoTenants) : null;
};

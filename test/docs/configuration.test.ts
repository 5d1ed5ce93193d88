import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationReference } from '../../build/configuration-reference.ts';
import { configurationRows, type Schema } from '../../build/configuration-rows.ts';
import { identityConfigSchema } from '#identity/config.ts';
import { realmsConfigSchema } from '#kms/access/realms/realms-config.ts';
import { kmsConfigSchema } from '#kms/config.ts';
import { ROOT } from '#test/support/engine.ts';

const SCHEMAS = { kms: kmsConfigSchema, realms: realmsConfigSchema, identity: identityConfigSchema } as const;

describe('docs/configuration.md', () => {
  it('is what the schemas of the servers say; `npm run generate` writes it anew', async () => {
    expect(await readFile(join(ROOT, 'docs/configuration.md'), 'utf8')).toBe(await configurationReference());
  });

  it.each(Object.entries(SCHEMAS))('says of every setting of %s what it means', (_, schema) => {
    const rows = configurationRows(schema as Schema);
    expect(rows.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([]);
  });

  it('names each setting by its path: in maps, in each entry of a list, in every form of a map', () => {
    const rows = configurationRows(kmsConfigSchema as Schema);
    const paths = rows.map(({ path }) => path);
    const nested = ['server.tls.client_ca', 'identity.issuers[].revocation.mode', 'database.directory', 'database.tls.ca', 'log'];
    expect(paths).toEqual(expect.arrayContaining(nested));
    expect(rows.find(({ path }) => path === 'database.pool_size')).toEqual({
      path: 'database.pool_size',
      value: 'a whole number from 3 to 100',
      default: 10,
      isRequired: false,
      meaning: 'connections of one process',
    });
  });
});

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { downSchema } from '#cli/documents/down.ts';
import { errorSchema } from '#cli/documents/error.ts';
import { prepareSchema } from '#cli/documents/prepare.ts';
import { prepareProdSchema } from '#cli/documents/prepare-prod.ts';
import { statusSchema } from '#cli/documents/status.ts';
import { tenantCreateSchema } from '#cli/documents/tenant-create.ts';

describe('The published schemas of what commands print', () => {
  it.each(
    Object.entries({
      status: statusSchema,
      down: downSchema,
      prepare: prepareSchema,
      'prepare-prod': prepareProdSchema,
      'tenant-create': tenantCreateSchema,
      error: errorSchema,
    }),
  )('%s is what the code says; `npm run generate` writes it anew', async (name, schema) => {
    const published: unknown = JSON.parse(await readFile(new URL(`../../../docs/schemas/${name}.schema.json`, import.meta.url), 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(schema)));
  });
});

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DOCUMENT_SCHEMAS } from '../../../build/document-schemas.ts';

describe('The published schemas of what commands print', () => {
  it.each(Object.entries(DOCUMENT_SCHEMAS))('%s is what the code says; `npm run generate` writes it anew', async (name, schema) => {
    const published: unknown = JSON.parse(await readFile(new URL(`../../../docs/schemas/${name}.schema.json`, import.meta.url), 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(schema)));
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withLibraryTables } from '../../build/library-tables.ts';
import { ROOT } from '#test/support/engine.ts';

it('The tables of libraries are what was measured; `npm run generate` writes them anew', async () => {
  const page = await readFile(join(ROOT, 'docs/interoperability.md'), 'utf8');
  expect(page).toBe(withLibraryTables(page));
  expect(page.match(/^\| .*jose 6\./gm)).toHaveLength(4);
});

it('A table of libraries that does not exist is refused', () => {
  expect(() => withLibraryTables('<!-- libraries: nobody -->\n<!-- /libraries -->')).toThrow(TypeError);
});

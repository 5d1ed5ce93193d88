import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cliReference } from '../../build/cli-reference.ts';

it('docs/cli.md is the help that the program prints; `npm run generate` writes it anew', async () => {
  expect(await readFile(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')).toBe(cliReference());
});

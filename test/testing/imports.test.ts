import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readImportsBelow } from '#test/support/imports.ts';

it('passthru/testing imports nothing but its own files and modules of Node, so that it runs in every runner', async () => {
  const { imports, hidden } = await readImportsBelow(join(import.meta.dirname, '../..'));
  const isThin = ({ file }: { readonly file: string }): boolean => /^src\/testing\/[^/]+$/.test(file);
  const own = imports.filter(isThin);
  expect(own.length).toBeGreaterThan(10);
  expect(own.filter(({ specifier }) => !/^(node:|\.\/[\w-]+\.ts$)/.test(specifier))).toEqual([]);
  expect(hidden.filter(isThin)).toEqual([]);
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { performanceFigures } from '../../build/performance-figures.ts';
import { withPerformanceTables } from '../../build/performance-tables.ts';
import { ROOT } from '#test/support/engine.ts';

const text = async (file: string): Promise<string> => readFile(join(ROOT, 'docs', file), 'utf8');

it('has the tables that docs/performance.json says; `npm run generate` writes them anew', async () => {
  const page = await text('performance.md');
  expect(page).toBe(withPerformanceTables(page, await performanceFigures()));
});

it('draws each product and call of docs/performance.json; `npm run picture:performance` draws them anew', async () => {
  const picture = await text('images/performance.svg');
  const drawn = (await performanceFigures()).filter(({ connections }) => connections === 32);
  const missing = drawn.filter(({ call, product, timesBare, shareOfBare }) => {
    const told = [`${call}: ${product}`, timesBare.toFixed(1), shareOfBare.toFixed(2)];
    return told.some((word) => !picture.includes(`>${word}<`));
  });
  expect(missing).toEqual([]);
  expect(drawn).not.toEqual([]);
});

it('refuses a table of a service without figures, by its name', () => {
  expect(() => withPerformanceTables('<!-- figures: nobody -->\n<!-- /figures -->', [])).toThrow(/nobody/);
});

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '#test/support/engine.ts';

const PAGE = 'docs/conformance.md';
/** A test as a row names it: a link to its file, and its title. */
const REFERENCE = /\[[\w-]+(?:\.\w+)?\]\(\.\.\/(test\/[\w./-]+\.test\.ts)\): \*([^*]+)\*/g;

const page = await readFile(join(ROOT, PAGE), 'utf8');
const references = [...page.matchAll(REFERENCE)].map(([, file = '', title = '']) => ({ file, title }));

/** The rows of all tables, in cells. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| --'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
  .filter((cells) => !['Module', 'It asks', 'Section'].includes(cells[0] ?? ''));

/** Whether a file has a test of that title: the first argument of a call. */
const hasTest = (source: string, title: string): boolean =>
  new RegExp(`\\(\\s*(['"\`])${RegExp.escape(title.replaceAll("'", "\\'"))}\\1,`).test(source) ||
  new RegExp(`\\(\\s*(["\`])${RegExp.escape(title)}\\1,`).test(source);

describe('docs/conformance.md', () => {
  it.each([...new Set(references.map(({ file }) => file))])('names tests of %s that are there', async (file) => {
    expect(existsSync(join(ROOT, file)), `${file} is gone`).toBe(true);
    const source = await readFile(join(ROOT, file), 'utf8');
    const gone = references.filter((each) => each.file === file && !hasTest(source, each.title)).map(({ title }) => title);
    expect(gone).toEqual([]);
  });

  it('has a test in each row, or says that something is not supported', () => {
    const open = rows.filter((cells) => {
      const last = cells.at(-1) ?? '';
      return !last.startsWith('[') && last !== 'the same' && !last.startsWith('not supported: ');
    });
    expect(open).toEqual([]);
  });

  it('lists each module once, and every module of its plans', () => {
    const modules = rows.map(([first = '']) => /^`([\w-]+)`$/.exec(first)?.[1]).filter((name) => name !== undefined);
    const of = (start: string) => modules.filter((name) => name.startsWith(start)).length;
    expect(new Set(modules).size).toBe(modules.length);
    expect([of('oidcc-rp-initiated-logout'), of('oidcc-backchannel'), of('fapi2-')]).toEqual([11, 2, 58]);
    expect(of('oidcc-') - 13 - 1).toBe(38);
  });
});

it('A test that does not exist is missed: by another title, in a comment, or as part of a longer one', () => {
  const source = "it('is there', () => {});\n// it is gone\ntest.each([1])(\n  'is there for each',\n  async () => {},\n);";
  expect(['is there', 'is there for each', 'is', 'it is gone', 'there'].map((title) => hasTest(source, title))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

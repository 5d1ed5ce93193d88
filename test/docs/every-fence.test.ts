import { describe, expect, it } from 'vitest';
import { readPage } from '#test/support/docs/page.ts';
import { everyPage, PAGES_BY_HAND, PAGES_OF_COMPOSE, PRODUCTION_GUIDE } from '#test/support/docs/pages.ts';

const RUN: readonly string[] = [...PAGES_BY_HAND, ...PAGES_OF_COMPOSE, PRODUCTION_GUIDE];

describe.each(everyPage())('%s', (file) => {
  it('has its commands run by a test, or says at the block why none can', async () => {
    const { fences } = await readPage(file);
    const commands = fences.filter(({ kind }) => kind === 'commands').map(({ line }) => `${file}:${line}`);
    expect(RUN.includes(file) ? [] : commands).toEqual([]);
    for (const { line, reason } of fences.filter(({ kind }) => kind === 'not-run')) {
      expect(reason.length, `${file}:${line} gives no reason`).toBeGreaterThan(10);
    }
  });

  it('shows an answer only behind the commands that get it', async () => {
    const { fences } = await readPage(file);
    const lost = fences.filter(({ kind }, index) => kind === 'answer' && fences[index - 1]?.kind !== 'commands');
    expect(lost.map(({ line }) => `${file}:${line}`)).toEqual([]);
  });

  it('leaves nothing in its commands that a reader must fill in', async () => {
    const { fences } = await readPage(file);
    const open = fences.filter(({ kind, text }) => kind === 'commands' && /…|<[a-z-]+>/.test(text));
    expect(open.map(({ line }) => `${file}:${line}`)).toEqual([]);
  });
});

it('Every page that a test runs is there', () => {
  expect(everyPage()).toEqual(expect.arrayContaining([...RUN]));
});

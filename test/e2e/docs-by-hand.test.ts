import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPage } from '#test/support/docs/page.ts';
import { PAGES_BY_HAND } from '#test/support/docs/pages.ts';
import { type Place, placeOfReader } from '#test/support/docs/place.ts';
import { runPage } from '#test/support/docs/run-page.ts';
import { cli } from '#test/support/cli.ts';
import { dockerEngine } from '#test/support/docker.ts';

const ENGINES = (await dockerEngine()) ? (['embedded', 'docker'] as const) : (['embedded'] as const);

describe.each(ENGINES)('The commands of the pages by hand, as they are printed, on the engine %s', (engine) => {
  let place: Place;
  beforeAll(async () => {
    place = await placeOfReader(engine);
  });
  afterAll(() => place?.[Symbol.asyncDispose](), 120_000);

  it.each(PAGES_BY_HAND)('%s shows what they do', { timeout: 300_000 }, async (file) => {
    expect((await runPage(await readPage(file), place)).join('\n')).toBe('');
  });

  it('and the last page leaves nothing running', async () => {
    const { stdout } = await cli(['status', '--output', 'json'], { cwd: place.folder, env: place.env });
    const { services } = JSON.parse(stdout) as { services: readonly { state: string }[] };
    expect(services.length).toBeGreaterThan(0);
    expect(services.filter(({ state }) => state !== 'down')).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { type CliResult, type DemoPlace, demoPlace } from '#test/support/cli.ts';
import { dockerEngine } from '#test/support/docker.ts';
import { checksOf, transcriptOf } from '#test/e2e/transcript.ts';

/** The first run builds the images where they are missing. */
const WITH_BUILD = 600_000;

describe.runIf(await dockerEngine())('demo all on both engines', () => {
  const engines = ['embedded', 'docker'] as const;
  const places: DemoPlace[] = [];
  beforeAll(async () => {
    for (const engine of engines) places.push(await demoPlace(engine));
  });
  afterAll(async () => {
    for (const place of places) await place[Symbol.asyncDispose]();
  }, 180_000);

  it(
    'tells the same story, but for names, times, ports and ids',
    async () => {
      const [embedded = [], docker] = await each(
        (place) => place.run('demo', 'all'),
        (run, place) => transcriptOf(run, place),
      );
      expect(embedded.length).toBeGreaterThan(50);
      expect(docker).toEqual(embedded);
    },
    WITH_BUILD,
  );

  it('makes the same checks, with the same expectations and the same results', async () => {
    const [embedded = [], docker] = await each(
      (place) => place.run('demo', 'all', '--output', 'json'),
      ({ stdout }, place) => checksOf(JSON.parse(stdout) as Report, place),
    );
    expect(embedded.length).toBeGreaterThan(200);
    expect(docker).toEqual(embedded);
  }, 180_000);

  /** One engine after the other: side by side each would wait for the other. */
  const each = async <T>(act: (place: DemoPlace) => Promise<CliResult>, read: (run: CliResult, place: DemoPlace) => T): Promise<T[]> => {
    const results: T[] = [];
    for (const place of places) {
      const run = await act(place);
      expect(run.code, run.stderr).toBe(0);
      results.push(read(run, place));
    }
    return results;
  };
});

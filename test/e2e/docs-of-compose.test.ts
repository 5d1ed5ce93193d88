import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, leftOvers } from '#test/support/compose.ts';
import { dockerEngine } from '#test/support/docker.ts';
import { docker } from '#test/support/docker-stack.ts';
import { readPage } from '#test/support/docs/page.ts';
import { PAGES_OF_COMPOSE } from '#test/support/docs/pages.ts';
import { type Place, placeOfReader } from '#test/support/docs/place.ts';
import { runPage } from '#test/support/docs/run-page.ts';

describe.runIf(await dockerEngine())('The commands of the pages about plain Compose, as they are printed', () => {
  let place: Place;
  beforeAll(async () => {
    place = await placeOfReader('docker');
  });
  afterAll(async () => {
    if (place === undefined) return;
    const files = ['telemetry/compose.yml', 'kms/compose.demo.yml'];
    const { env, folder } = place;
    // A page that failed half way did not take its stack down.
    await compose({ project: env.COMPOSE_PROJECT_NAME, folder: join(folder, 'deployments'), files, env }).run('down', '--volumes');
    const images = ['telemetry', 'identity', 'kms', 'postgres'].map((name) => `passthru-${name}:${env.PASSTHRU_TAG}`);
    await docker('image', 'rm', '--force', ...images);
    await place[Symbol.asyncDispose]();
  }, 120_000);

  it.each(PAGES_OF_COMPOSE)('%s shows what they do', { timeout: 600_000 }, async (file) => {
    expect((await runPage(await readPage(file), place)).join('\n')).toBe('');
  });

  it('and the last page leaves nothing behind', async () => {
    expect(await leftOvers(place.env.COMPOSE_PROJECT_NAME)).toEqual([]);
  });
});

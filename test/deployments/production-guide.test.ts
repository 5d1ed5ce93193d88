import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMBINATIONS, composeConfig, stackConfig } from '#test/support/deployments.ts';
import { dockerEngine } from '#test/support/docker.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const guide = (name: string): Promise<string> => readFile(join(ROOT, 'docs', name), 'utf8');

const PROD = COMBINATIONS['prod of all'] ?? [];

describe.runIf(await dockerEngine())('What docs/production.md tells operators to lay over the files of prod', () => {
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let own: string;
  beforeAll(async () => {
    folder = await temporaryDirectory();
    own = join(folder.path, 'own.yml');
    const [, block = '', ...others] = (await guide('production.md')).split(/^```yaml\n([^`]*)^```$/m);
    expect(others).toHaveLength(1);
    await writeFile(own, block);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it('gives the KMS its realms as a secret, with Compose and in a swarm: they hold hashes of passwords', async () => {
    for (const read of [composeConfig, stackConfig]) {
      const { services = {}, configs = {} } = await read([...PROD, own]);
      expect(services['kms']?.secrets).toContainEqual(
        expect.objectContaining({ source: 'kms-realms', target: expect.stringMatching(/realms\.yml$/) }),
      );
      expect(Object.keys(configs).filter((name) => /realms|seed/.test(name))).toEqual([]);
    }
    expect(await guide('production.md')).toContain('realms_file: /run/secrets/realms.yml');
  });
});

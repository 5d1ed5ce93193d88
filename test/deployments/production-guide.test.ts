import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMBINATIONS, type ComposeFile, composeConfig, DEPLOYMENTS, readYaml, stackConfig } from '#test/deployments/deployments.ts';
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
    const [, block = ''] = /^## With Compose\n[^]*?^```yaml\n([^`]*)^```$/m.exec(await guide('production.md')) ?? [];
    if (!block.includes('kms-realms')) throw new Error('the guide shows no realms below "With Compose"');
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

describe('Commands of a backup', () => {
  it('find the databases of a swarm by the names that its services have', async () => {
    const text = await guide('production.md');
    expect(text).toMatch(/docker stack deploy (?:.*\\\n)*.* passthru\n/);
    expect(text).toContain('label=com.docker.swarm.service.name=passthru_$1');
    const asked = [...text.matchAll(/^exec_in (\S+) pg_dump -U postgres -Fc (\S+) > /gm)].map(([, service, database]) => ({
      service,
      database,
    }));
    expect(asked).toEqual(['kms', 'identity'].map((database) => ({ service: `${database}-postgres`, database })));
    const { services = {} } = await readYaml<ComposeFile>('kms/compose.yml');
    expect(services['kms-postgres']?.environment).toMatchObject({ POSTGRES_DB: 'kms' });
  });
});

describe('The containers in docs/deployments.md', () => {
  const megabytes = (text: string): number => {
    const [, number, unit = ''] = /^(\d+) ?([MG])B?$/.exec(text) ?? [];
    return Number(number) * (unit === 'G' ? 1024 : 1);
  };

  it('are the limits that the Compose files set, of every service', async () => {
    const [, table = ''] = (await guide('deployments.md')).split('| | Processors | Memory | Volume |\n');
    const said = table.split('\n\n')[0]?.split('\n').slice(1) ?? [];
    const written = said.flatMap((line) => {
      const [, names = '', cpus = '', memory = ''] = line.split('|').map((cell) => cell.trim());
      const limits = { cpus, memory: megabytes(memory.replace(/ \(.*/, '')) };
      return names
        .replace(' (prod)', '')
        .split(', ')
        .map((name) => [name, limits] as const);
    });
    const files = ['telemetry/compose.yml', ...['telemetry', 'identity', 'kms'].map((product) => `${product}/compose.prod.yml`)];
    const read = await Promise.all([...files, 'identity/compose.yml', 'kms/compose.yml'].map((file) => readYaml<ComposeFile>(file)));
    const set = read.flatMap(({ services = {} }) =>
      Object.entries(services).flatMap(([name, service]) => {
        const limits = service?.deploy?.resources?.limits;
        return limits === undefined ? [] : [[name, { cpus: limits['cpus'], memory: megabytes(String(limits['memory'])) }] as const];
      }),
    );
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(set));
  });

  it('is of prod: alive is healthy, and what to ask for after a deploy', async () => {
    const { services = {} } = await readYaml<ComposeFile>('kms/compose.prod.yml');
    expect(services['kms']?.healthcheck?.test).toContain('https://localhost:8081/livez');
    for (const port of [8081, 8082]) expect(await guide('production.md')).toContain(`npx passthru health https://localhost:${port}/readyz`);
  });

  it.each(['kms', 'identity'])('is how an init.sql ends, that of %s and an operator’s own', async (product) => {
    const ending = '\\! rm "$PGDATA.making"';
    expect((await readFile(join(DEPLOYMENTS, product, 'postgres', 'init.sql'), 'utf8')).trim().split('\n').at(-1)).toBe(ending);
    expect(await guide('production.md')).toContain(ending);
  });
});

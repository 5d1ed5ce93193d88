import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, vi } from 'vitest';
import { dockerImages } from '#test/support/docker.ts';
import { containerPostgres, POSTGRES_IMAGE } from '#test/support/postgres/container-postgres.ts';
import { sweepLeftovers } from '#test/support/postgres/reaper.ts';
import { runtimeClient } from '#test/support/postgres/runtime.ts';

const PROCESS = join(import.meta.dirname, 'postgres-process.ts');

/** A container that publishes this port, whatever its state. */
const containerAt = async (port: number) => {
  const { dockerode } = (await runtimeClient()).container;
  const all = await dockerode.listContainers({ all: true, filters: { publish: [String(port)] } });
  return all[0];
};

describe.runIf(await dockerImages(POSTGRES_IMAGE))('The PostgreSQL of a test run that was killed', () => {
  it('is removed by the next one with its data, and one that is in use is left alone', async () => {
    await using inUse = await containerPostgres.start();
    const env = { ...process.env, TESTCONTAINERS_RYUK_DISABLED: 'true' };
    const child = spawn(process.execPath, [PROCESS], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const port = Number(line);
    const left = await containerAt(port);
    const [volume] = left?.Mounts.flatMap(({ Name }) => Name ?? []) ?? [];
    expect(volume).toMatch(/^[0-9a-f]{64}$/);
    expect(await sweepLeftovers()).not.toContain(left?.Id);

    child.kill('SIGKILL');
    await once(child, 'exit');
    await sweepLeftovers();
    // A test file beside this one sweeps as it starts, so the removal may be its work, and still going on.
    await vi.waitFor(async () => expect(await containerAt(port)).toBeUndefined(), { timeout: 20_000 });
    const { dockerode } = (await runtimeClient()).container;
    const isThere = () => dockerode.getVolume(volume ?? '').inspect();
    await vi.waitFor(() => expect(isThere()).rejects.toMatchObject({ statusCode: 404 }), { timeout: 20_000 });
    expect((await containerAt(inUse.config.port ?? 0))?.State).toBe('running');
  });
});

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DemoPlace } from './cli.ts';

const run = promisify(execFile);

/** Stdout of a docker command; rejects with its stderr. */
export const docker = async (...args: readonly string[]): Promise<string> =>
  (await run('docker', args, { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 })).stdout;

export interface StackContainer {
  readonly id: string;
  /** Name in the Compose files. */
  readonly service: string;
  readonly state: string;
  readonly startedAt: string;
}

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Status: string; readonly StartedAt: string };
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
}

const filterOf = (stateDir: string): string => {
  const project = `passthru-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`;
  return `label=com.docker.compose.project=${project}`;
};

const words = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** The containers of the stack in this place, by the name of their service. */
export const containersOf = async ({ stateDir }: Pick<DemoPlace, 'stateDir'>): Promise<readonly StackContainer[]> => {
  const ids = words(await docker('ps', '--all', '--quiet', '--no-trunc', '--filter', filterOf(stateDir)));
  if (ids.length === 0) return [];
  const inspected = JSON.parse(await docker('inspect', ...ids)) as readonly Inspected[];
  return inspected
    .map(({ Id, State, Config }) => ({
      id: Id,
      service: Config.Labels['com.docker.compose.service'] ?? '',
      state: State.Status,
      startedAt: State.StartedAt,
    }))
    .toSorted((a, b) => a.service.localeCompare(b.service));
};

/** Everything that Docker has of the stack in this place, for example `volume passthru-0a1b2c3d_kms-postgres-data`. */
export const leftoversOf = async ({ stateDir }: Pick<DemoPlace, 'stateDir'>): Promise<readonly string[]> => {
  const filter = ['--filter', filterOf(stateDir)];
  const [containers, networks, volumes] = await Promise.all([
    docker('ps', '--all', '--format', '{{.Names}}', ...filter),
    docker('network', 'ls', '--format', '{{.Name}}', ...filter),
    docker('volume', 'ls', '--format', '{{.Name}}', ...filter),
  ]);
  return [
    ...words(containers).map((name) => `container ${name}`),
    ...words(networks).map((name) => `network ${name}`),
    ...words(volumes).map((name) => `volume ${name}`),
  ];
};

export const killContainer = async (place: Pick<DemoPlace, 'stateDir'>, service: string): Promise<void> => {
  const id = words(
    await docker('ps', '--quiet', '--filter', filterOf(place.stateDir), '--filter', `label=com.docker.compose.service=${service}`),
  )[0];
  if (id === undefined) throw new Error(`${service} does not run`);
  await docker('kill', '--signal', 'KILL', id);
};

/** Texts that must stand nowhere but in their files, by file: one line of the body of a private key, the whole of any other secret. */
export const secretsOf = async ({ stateDir }: Pick<DemoPlace, 'stateDir'>): Promise<ReadonlyMap<string, string>> => {
  const names = (await readdir(stateDir, { recursive: true })).filter(
    (name) => /\.key$|(^|\/)secrets\/[^.]+$/.test(name) && !name.endsWith('/secrets'),
  );
  const entries = await Promise.all(
    names.map(async (name) => {
      const text = (await readFile(join(stateDir, name), 'utf8')).trim();
      return [name, text.includes('PRIVATE KEY') ? (text.split('\n')[1] ?? '') : text] as const;
    }),
  );
  return new Map(entries);
};

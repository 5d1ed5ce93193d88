import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A build compiles everything once; nothing else takes long. Milliseconds. */
const LIMIT_MS = 600_000;

/** A container of a Compose project. */
export interface ComposeService {
  readonly ID: string;
  readonly Service: string;
  readonly State: string;
  readonly Health: string;
}

/** `docker compose` by hand, as a user of plain Compose types it. */
export interface Compose {
  readonly project: string;
  run(...args: readonly string[]): Promise<string>;
  services(): Promise<readonly ComposeService[]>;
}

export const compose = (options: {
  project: string;
  folder: string;
  files: readonly string[];
  env: Readonly<Record<string, string>>;
}): Compose => {
  const { project, folder, files, env } = options;
  const given = ['compose', '-p', project, ...files.flatMap((file) => ['-f', file])];
  const runIt = async (...args: readonly string[]): Promise<string> => {
    const limits = { timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await run('docker', [...given, ...args], { cwd: folder, env: { ...process.env, ...env }, ...limits });
    return stdout;
  };
  return {
    project,
    run: runIt,
    services: async () => {
      const lines = (await runIt('ps', '--all', '--format', 'json')).trim().split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ComposeService);
    },
  };
};

/** Everything of these Compose projects that the engine still has: containers, volumes, networks. */
export const leftOvers = async (project: string): Promise<readonly string[]> => {
  const filter = ['--filter', `label=com.docker.compose.project=${project}`];
  const kinds = [
    ['ps', '--all', '--format', 'container {{.Names}}'],
    ['volume', 'ls', '--format', 'volume {{.Name}}'],
    ['network', 'ls', '--format', 'network {{.Name}}'],
  ];
  const found = await Promise.all(kinds.map((args) => run('docker', [...args, ...filter])));
  return found.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line !== ''));
};

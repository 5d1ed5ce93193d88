import { join } from 'node:path';
import type { Result } from '#infra/apperr/result.ts';
import { checkPorts, type Ports } from '../../ports.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import { type PreparedMounts, prepareMounts } from './prepare-mounts.ts';

/**
 * Prepares `deployments/<product>/secrets/`, the files that `docker compose -f deployments/… up` mounts when it is run without the CLI.
 * Whether a volume has data nobody can tell without asking a Docker engine; the copies that are there speak for it.
 */
export const prepareDeployments = async (options: {
  readonly folder: StateFolder;
  /** Folder of our package.json, and of `deployments`. */
  readonly packageRoot: string;
  readonly ports: Ports;
  /** Further names and addresses of the public servers. */
  readonly hosts?: readonly string[];
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}): Promise<Result<PreparedMounts>> => {
  const ports = checkPorts(options.ports);
  if (!ports.ok) return ports;
  return prepareMounts({
    ...options,
    partner: true,
    target: join(options.packageRoot, 'deployments'),
    hasData: () => Promise.resolve(false),
  });
};

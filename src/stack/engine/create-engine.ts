import type { DockerConnection } from '#engine/docker/connection/docker-connection.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';
import type { Profile } from '#engine/engine.ts';
import type { FullStackOptions, StackPorts } from '../stack-options.ts';
import type { Choice } from './choose-engine.ts';

export interface CreateEngineOptions extends Pick<FullStackOptions, 'stateDir' | 'purpose' | 'owner' | 'now' | 'warn'> {
  readonly profile: Profile;
  readonly ports: StackPorts;
  readonly hosts: readonly string[];
}

/** The engine that was chosen; only its code is loaded. */
export const createEngine = async (choice: Choice<DockerConnection>, options: CreateEngineOptions): Promise<StackEngine> => {
  const { stateDir, hosts, ports, profile, purpose, owner, now, warn } = options;
  const common = {
    stateDir,
    hosts,
    portKms: ports.kms,
    portIdentity: ports.identity,
    portStep: ports.step,
    profile,
    packageRoot: PACKAGE_ROOT,
    reason: choice.reason,
    now,
    warn,
  };
  if (choice.kind === 'embedded') {
    const { createEmbeddedEngine } = await import('#engine/embedded/embedded.ts');
    return createEmbeddedEngine({ ...common, isFallback: choice.isFallback, demoSeed: true });
  }
  const { createDockerEngine } = await import('#engine/docker/docker.ts');
  return createDockerEngine({ ...common, docker: choice.connection, owner, looksOnly: purpose === 'look' });
};

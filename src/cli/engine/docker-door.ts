import type { DockerConnection } from '#engine/docker/connection/context.ts';
import { ok } from '#infra/apperr/result.ts';
import type { DockerDoor } from './choose-engine.ts';

export interface DockerDoorOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stateDir: string;
  readonly packageRoot: string;
  /** What is being done about images, one clause. */
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What the choice of an engine asks Docker; code is loaded with the question that needs it. */
export const dockerDoor = ({ env, stateDir, packageRoot, progress, signal }: DockerDoorOptions): DockerDoor<DockerConnection> => ({
  probe: async () => {
    const { probeDocker } = await import('#engine/docker/connection/probe.ts');
    const found = await probeDocker({ env });
    return found.ok ? ok({ connection: found.value, name: nameOf(found.value) }) : found;
  },
  stack: async (docker) => {
    const { dockerStack } = await import('#engine/docker/before-start.ts');
    return dockerStack({ docker, stateDir });
  },
  images: async (docker) => {
    const { imagesObtainable } = await import('#engine/docker/before-start.ts');
    const images = await imagesObtainable({ docker, packageRoot, stateDir, progress, signal });
    // Whoever interrupts has not chosen the other engine.
    signal.throwIfAborted();
    return images;
  },
});

/** For a headline, for example `Docker Engine 28.5 on the default context`. */
export const nameOf = ({ name, version }: Pick<DockerConnection, 'name' | 'version'>): string => {
  const [where = ''] = name.split(', ');
  const short = /^\d+\.\d+/.exec(version ?? '')?.[0];
  return `${short === undefined ? 'an engine' : `Docker Engine ${short}`} on ${where.endsWith(' context') ? `the ${where}` : where}`;
};

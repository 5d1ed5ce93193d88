import type { DockerConnection } from '#engine/docker/connection/docker-connection.ts';
import { ok } from '#infra/apperr/result.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';
import type { FullStackOptions } from '../stack-options.ts';
import type { DockerCandidate } from './choose-engine.ts';

/** Docker as it answers now; code is loaded with the question that needs it. */
export const dockerCandidate = ({
  env,
  stateDir,
  purpose,
  onImagesMissing,
  profile = 'demo',
  signal,
}: Pick<
  FullStackOptions,
  'env' | 'stateDir' | 'purpose' | 'onImagesMissing' | 'profile' | 'signal'
>): DockerCandidate<DockerConnection> => ({
  probe: async () => {
    const { probeDocker } = await import('#engine/docker/connection/probe.ts');
    const found = await probeDocker({ env, making: purpose === 'start' || purpose === 'look' });
    return found.ok ? ok({ connection: found.value, name: nameOf(found.value) }) : found;
  },
  stack: async (docker) => {
    const { dockerStack } = await import('#engine/docker/before-start.ts');
    return dockerStack({ docker, stateDir });
  },
  images: async (docker) => {
    if (purpose === 'look') return ok('not looked for');
    const { imagesObtainable } = await import('#engine/docker/before-start.ts');
    let told = false;
    const progress = (): void => {
      if (!told) onImagesMissing();
      told = true;
    };
    const images = await imagesObtainable({ docker, packageRoot: PACKAGE_ROOT, stateDir, profile, progress, signal });
    // An interruption is no reason to choose the other engine.
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

import { type ContainerRuntimeClient, getContainerRuntimeClient } from 'testcontainers';
import { engineAddress } from '#test/support/docker.ts';

let client: Promise<ContainerRuntimeClient> | undefined;

/**
 * Testcontainers' client for the engine that the `docker` command speaks to. Testcontainers knows no contexts, so it is told
 * the address of the current one while it connects; it keeps that client for all that it starts.
 */
export const runtimeClient = (): Promise<ContainerRuntimeClient> => (client ??= connect());

const connect = async (): Promise<ContainerRuntimeClient> => {
  const address = await engineAddress();
  if (address === null) return getContainerRuntimeClient();
  process.env['DOCKER_HOST'] = address;
  try {
    return await getContainerRuntimeClient();
  } finally {
    delete process.env['DOCKER_HOST'];
  }
};

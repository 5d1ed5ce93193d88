import { Agent } from 'node:https';
import Dockerode from 'dockerode';
import { clientTlsOptions } from '#infra/tls/options.ts';
import type { DockerApi } from './docker-api.ts';
import type { DockerConnection } from '../connection/docker-connection.ts';
import { createDockerApi } from './dockerode-api.ts';
import { readCertificates } from '../connection/probe.ts';

/** The Engine API of a connection. */
export const connect = async ({ endpoint }: DockerConnection): Promise<DockerApi> => {
  // Settings that are not said here the library would take from the environment, which may speak of another engine.
  const unsaid = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };
  if (endpoint.kind === 'socket') return createDockerApi(new Dockerode({ ...unsaid, socketPath: endpoint.path, protocol: 'http' }));
  const certificates = await readCertificates(endpoint.certFolder);
  const agent = new Agent(clientTlsOptions(certificates));
  const options = { ...certificates, host: endpoint.host, port: endpoint.port, protocol: 'https', agent } as const;
  return createDockerApi(new Dockerode(options));
};

import { join } from 'node:path';
import type { Profile } from '../../engine.ts';
import { composePorts } from '../../ports.ts';
import type { Project } from '../project/project.ts';

const ALL = ['telemetry/compose.yml', 'kms/compose.demo.yml'] as const;

/** Below deployments/, in the order in which Compose lays them over each other. The KMS's brings Identity's along. */
const FILES: Readonly<Record<Profile, readonly string[]>> = {
  dev: ALL,
  demo: ALL,
  ci: [...ALL, 'telemetry/compose.ci.yml', 'identity/compose.ci.yml', 'kms/compose.ci.yml'],
  prod: ['telemetry/compose.yml', 'identity/compose.yml', 'identity/compose.prod.yml', 'kms/compose.yml', 'kms/compose.prod.yml'],
};

/** The Compose files of a project: always all of them, whatever is brought up, so that a container means the same in every run. */
export const composeFiles = ({ packageRoot, profile }: Pick<Project, 'packageRoot' | 'profile'>): readonly string[] =>
  FILES[profile].map((file) => join(packageRoot, 'deployments', ...file.split('/')));

/** Variables of the Compose files. */
export const composeVariables = ({ ports, folder }: Project, tag: string): Readonly<Record<string, string>> => {
  const { kms, identity } = composePorts(ports);
  const published = Object.entries({ ...kms, ...identity }).map(([name, port]) => [name, String(port)]);
  return { PASSTHRU_MOUNTS: folder.docker, PASSTHRU_TAG: tag, ...Object.fromEntries(published) };
};

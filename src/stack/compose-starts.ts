import { join } from 'node:path';
import { composePorts, portsOf } from '#engine/ports.ts';
import { IDENTITY_PORT, KMS_PORT } from '#infra/magic/magic.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';
import type { StackPorts } from './stack-options.ts';

/** How plain `docker compose up` starts a product from what was prepared. */
export interface ComposeStart {
  /** `kms` brings Identity along. */
  readonly product: 'kms' | 'identity';
  /** Ports that are not the defaults, as the Compose files name them. */
  readonly variables: Readonly<Record<string, number>>;
  /** Absolute, each laid over the one before. */
  readonly files: readonly string[];
}

const FILES = {
  kms: ['telemetry/compose.yml', 'kms/compose.demo.yml'],
  identity: ['telemetry/compose.yml', 'identity/compose.demo.yml'],
} as const;

export const composeStarts = (ports: StackPorts): readonly ComposeStart[] =>
  (['kms', 'identity'] as const).map((product) => ({
    product,
    variables: portVariables(ports),
    files: FILES[product].map((file) => join(PACKAGE_ROOT, 'deployments', ...file.split('/'))),
  }));

const portVariables = ({ kms, identity, step }: StackPorts): Readonly<Record<string, number>> => {
  const variables = composePorts(portsOf({ portKms: kms, portIdentity: identity, portStep: step }));
  return { ...(kms === KMS_PORT ? {} : variables.kms), ...(identity === IDENTITY_PORT ? {} : variables.identity) };
};

import { join } from 'node:path';
import { COLLECTOR_HEALTH_PORT_OFFSET, IDENTITY_PORT, KMS_PORT } from '#infra/magic/magic.ts';
import { portsOf } from '#engine/ports.ts';
import { shellWord, shortPath } from './reporters/lines/summary.ts';

/** A command line for a shell, and what it does. */
interface ShellCommand {
  readonly title: string;
  readonly command: string;
}

const FILES = {
  KMS: ['telemetry/compose.yml', 'kms/compose.demo.yml'],
  Identity: ['telemetry/compose.yml', 'identity/compose.demo.yml'],
} as const;

/** How to go on with plain Compose; a port that is not the default is told to Compose, too. */
export const composeCommands = (options: {
  readonly packageRoot: string;
  /** The files are named as a reader here would type them. */
  readonly cwd: string;
  readonly ports: { readonly kms: number; readonly identity: number };
}): readonly ShellCommand[] => {
  const { packageRoot, cwd, ports } = options;
  const variables = portVariables(ports);
  const up = (files: readonly string[]): string => {
    const named = files.map((file) => `-f ${shellWord(shortPath(join(packageRoot, 'deployments', ...file.split('/')), cwd))}`);
    return [...variables, 'docker compose', ...named, 'up -d --wait'].join(' ');
  };
  return [
    { title: 'KMS and Identity on containers, without this CLI', command: up(FILES.KMS) },
    { title: 'Identity alone', command: up(FILES.Identity) },
  ];
};

const portVariables = ({ kms, identity }: { readonly kms: number; readonly identity: number }): readonly string[] => {
  const ports = portsOf({ portKms: kms, portIdentity: identity });
  return [
    ...(kms === KMS_PORT
      ? []
      : [
          `PASSTHRU_PORT_KMS=${ports.kms}`,
          `PASSTHRU_PORT_KMS_ADMIN=${ports.kmsAdmin}`,
          `PASSTHRU_PORT_OTLP=${ports.telemetry}`,
          `PASSTHRU_PORT_TELEMETRY_HEALTH=${ports.kms + COLLECTOR_HEALTH_PORT_OFFSET}`,
        ]),
    ...(identity === IDENTITY_PORT
      ? []
      : [`PASSTHRU_PORT_IDENTITY=${ports.identity}`, `PASSTHRU_PORT_IDENTITY_ADMIN=${ports.identityAdmin}`]),
  ];
};

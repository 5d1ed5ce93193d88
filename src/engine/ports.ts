import { createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import {
  ADMIN_PORT_OFFSET,
  COLLECTOR_HEALTH_PORT_OFFSET,
  FEED_PORT_OFFSET,
  PARTNER_PORT_OFFSET,
  PORT_STEP,
  SINK_PORT_OFFSET,
} from '#infra/magic/magic.ts';
import type { PortConflict, PortUser } from './engine.ts';

/** The public ports of a stack, from which all others are counted. */
export interface PublicPorts {
  readonly portKms: number;
  readonly portIdentity: number;
  /** From a public port to the next listener of the same service; by default a thousand. */
  readonly portStep?: number;
}

/** Every port of one stack. */
export interface Ports {
  readonly kms: number;
  readonly kmsAdmin: number;
  readonly identity: number;
  readonly identityAdmin: number;
  readonly identityFeed: number;
  readonly telemetry: number;
  /** Of the collector; the embedded engine leaves it unused. */
  readonly telemetryHealth: number;
  /** Of the second Identity, which has no other listener that is reached, and runs for one step of a demo only. */
  readonly partner: number;
}

export const portsOf = ({ portKms, portIdentity, portStep = PORT_STEP }: PublicPorts): Ports => {
  const offset = (usual: number): number => (usual / PORT_STEP) * portStep;
  return {
    kms: portKms,
    kmsAdmin: portKms + offset(ADMIN_PORT_OFFSET),
    identity: portIdentity,
    identityAdmin: portIdentity + offset(ADMIN_PORT_OFFSET),
    identityFeed: portIdentity + offset(FEED_PORT_OFFSET),
    telemetry: portKms + offset(SINK_PORT_OFFSET),
    telemetryHealth: portKms + offset(COLLECTOR_HEALTH_PORT_OFFSET),
    partner: portIdentity + offset(PARTNER_PORT_OFFSET),
  };
};

/** The ports of a product and its telemetry, by the variables of the Compose files that publish them. */
export const composePorts = (ports: Ports) => ({
  kms: {
    PASSTHRU_PORT_KMS: ports.kms,
    PASSTHRU_PORT_KMS_ADMIN: ports.kmsAdmin,
    PASSTHRU_PORT_OTLP: ports.telemetry,
    PASSTHRU_PORT_TELEMETRY_HEALTH: ports.telemetryHealth,
  },
  identity: {
    PASSTHRU_PORT_IDENTITY: ports.identity,
    PASSTHRU_PORT_IDENTITY_ADMIN: ports.identityAdmin,
    PASSTHRU_PORT_PARTNER: ports.partner,
  },
});

/** The ports on which one service, or the second Identity, listens, the public one first. */
export const portsOfService = (ports: Ports, service: PortUser): readonly number[] =>
  ({
    kms: [ports.kms, ports.kmsAdmin],
    identity: [ports.identity, ports.identityAdmin, ports.identityFeed],
    telemetry: [ports.telemetry],
    partner: [ports.partner],
  })[service];

/** Refuses ports that do not exist, and two listeners on one port, which the offsets can bring about. */
export const checkPorts = (ports: Ports): Result<Ports> => {
  const fix = 'Choose other ports with --port-base, or with --port-kms and --port-identity.';
  const names = new Map<number, string>();
  for (const [name, port] of Object.entries(ports)) {
    const [label, other] = [LABELS[name as keyof Ports], names.get(port)];
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      return fail('port-invalid', `${label} would listen on port ${port}, which does not exist`, { fix });
    if (other !== undefined) return fail('ports-collide', `${other} and ${label} would both listen on port ${port}`, { fix });
    names.set(port, label);
  }
  return ok(ports);
};

const LABELS: Readonly<Record<keyof Ports, string>> = {
  kms: 'the KMS',
  kmsAdmin: `the KMS's admin listener`,
  identity: 'Identity',
  identityAdmin: `Identity's admin listener`,
  identityFeed: `Identity's feed of revocations`,
  telemetry: 'the telemetry sink',
  telemetryHealth: `the collector's health`,
  partner: 'the second Identity',
};

/** How to come by ports that nobody holds, whichever flags were given. */
export const PORT_TAKEN_FIX =
  'Stop the holder, or choose other ports: --port-base 0 takes free ones; another --port-base, or --port-kms and --port-identity, states them.';

/** A port that somebody else holds, as one clause. */
export const conflictInWords = ({ port, service, holder }: PortConflict): string =>
  `port ${port} of ${service === 'partner' ? LABELS.partner : service} is held by ${holder}`;

/** Why a listener is not started. */
export const portTaken = (conflict: PortConflict) => fail('port-taken', conflictInWords(conflict), { fix: PORT_TAKEN_FIX });

/** Looks at a port that seems taken, and milliseconds between two: the look of another command takes it for a moment, too. */
const [LOOKS, LOOK_MS] = [3, 40];

/** Why nobody could listen on the port now: it is taken, or not allowed to us; null when it is free. */
export const whyNotFree = async (port: number): Promise<'taken' | 'not-permitted' | null> => {
  for (let look = 1; ; look += 1) {
    const why = await tryPort(port);
    if (why !== 'taken' || look === LOOKS) return why;
    await pause(LOOK_MS);
  }
};

const tryPort = async (port: number): Promise<'taken' | 'not-permitted' | null> => {
  // A listener on ::1 alone would leave 127.0.0.1 free, and still answer whoever asks for `localhost`.
  const [v4, v6] = [await tryListen(port, '127.0.0.1'), await tryListen(port, '::1')];
  return v4 ?? v6;
};

const tryListen = async (port: number, host: string): Promise<'taken' | 'not-permitted' | null> => {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EADDRINUSE') return 'taken';
    if (code === 'EACCES') return 'not-permitted';
    // This machine has no IPv6.
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return null;
    throw error;
  }
};

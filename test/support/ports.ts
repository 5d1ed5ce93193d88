import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { whyNotFree } from '#engine/ports.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import {
  ADMIN_PORT_OFFSET,
  COLLECTOR_HEALTH_PORT_OFFSET,
  FEED_PORT_OFFSET,
  PARTNER_PORT_OFFSET,
  SINK_PORT_OFFSET,
} from '#infra/magic/magic.ts';

/**
 * Every stack gets a lane: the public port of the KMS is `FIRST + group * GROUP_SPAN + lane`, that of Identity is `LANES` above it, and
 * the offsets of the product place the others, so that no port is in two lanes. All lie below the ports that the system gives to
 * outgoing connections, which would take them meanwhile.
 */
const [FIRST, GROUPS, GROUP_SPAN, LANES] = [10_000, 5, 4500, 500] as const;
/** The port of a lane on which nobody serves: who listens there has the lane. */
const GUARD_OFFSET = COLLECTOR_HEALTH_PORT_OFFSET + 2 * LANES;

/** The public ports of one stack; those at the offsets of the product go along. */
export interface StackPorts {
  readonly kms: number;
  readonly identity: number;
}

/**
 * Ports for one stack that no other test gets while this process lives, in whatever process it runs: to find a port free and to
 * take it later would leave time for somebody else.
 *
 * @throws after two hundred attempts
 */
export const reservePorts = async (): Promise<StackPorts> => {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const kms = FIRST + randomInt(GROUPS) * GROUP_SPAN + randomInt(LANES);
    const identity = kms + LANES;
    if (!(await guard(kms + GUARD_OFFSET))) continue;
    const ofKms = [kms, kms + ADMIN_PORT_OFFSET, kms + SINK_PORT_OFFSET, kms + COLLECTOR_HEALTH_PORT_OFFSET];
    const all = [...ofKms, identity, identity + ADMIN_PORT_OFFSET, identity + FEED_PORT_OFFSET, identity + PARTNER_PORT_OFFSET];
    const taken = (await Promise.all(all.map(whyNotFree))).some((why) => why !== null);
    if (!taken) return { kms, identity };
  }
  throw new Error('found no free ports in two hundred attempts');
};

/** Listens there until this process ends; false where somebody else does. */
const guard = async (port: number): Promise<boolean> => {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    server.unref();
    return true;
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE')) return false;
    throw error;
  }
};

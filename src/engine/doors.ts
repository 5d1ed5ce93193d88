import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { hasCode } from '#infra/apperr/system-error.ts';
import { isPermitted } from '#infra/tls/authority/constraints/permitted-names.ts';

/** Addresses on which a stack is reached beside 127.0.0.1. */
export interface DoorAddresses {
  /** Of the public listeners. */
  readonly all: readonly string[];
  /** Those that no other machine reaches: of all listeners. */
  readonly local: readonly string[];
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/**
 * The addresses among the names of a stack that this machine has, and `::1`, by which `localhost` may be asked first. DNS names are not
 * looked up: they are reached where they lead to one of these.
 *
 * @param warn hears of addresses that this machine has not, and of those that others reach
 */
export const doorsFor = async (hosts: readonly string[], warn: (text: string) => void): Promise<DoorAddresses> => {
  const stated = hosts.filter((host) => isIP(host) !== 0 && host !== '127.0.0.1' && host !== '::1');
  const asked = ['::1', ...new Set(stated)];
  const own = await Promise.all(asked.map(canListen));
  const all = asked.filter((_, at) => own[at]);
  for (const host of stated) {
    if (!all.includes(host)) warn(`this machine does not have the address ${host}: the certificates name it, and nothing listens there`);
    else if (!isPermitted(host, LOOPBACK)) warn(`other machines may reach ${host}: the passwords of a demo are public`);
  }
  return { all, local: all.filter((host) => isPermitted(host, LOOPBACK)) };
};

const canListen = async (host: string): Promise<boolean> => {
  const server = createServer().listen({ host, port: 0 });
  try {
    await once(server, 'listening');
  } catch (error) {
    if (hasCode(error, 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL')) return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
};

import { networkOf } from '#infra/secrets/attempts/network.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';

export interface HeaderlessLog extends Disposable {
  /** A connection that should have begun with a header of the PROXY protocol began with something else. */
  refused(address: string): void;
}

/** Milliseconds between two lines of the log. */
const PERIOD_MS = 60_000;

/**
 * Counts connections that were refused because they lack a header of the PROXY protocol. The first is told at once, all of the next minute
 * in one line: a balancer that is set up wrongly sends them without end.
 *
 * @param name of the server
 */
export const createHeaderlessLog = (name: string, { log, counter }: Pick<Telemetry, 'log' | 'counter'>): HeaderlessLog => {
  const count = counter('passthru.proxy_header.missing', {
    description: 'Connections from the networks of balancers that were refused because they named no client',
  });
  let untold = 0;
  let timer: NodeJS.Timeout | null = null;

  const say = (connections: string, attributes: { readonly count: number } & Record<string, string | number>): void =>
    log.warn(
      `${name}: ${connections} came from server.proxy_networks without a header of the PROXY protocol, version 2, and was refused; let the balancer send one (haproxy: send-proxy-v2 check-send-proxy), and name the networks of balancers alone`,
      attributes,
    );
  const tell = (): void => {
    timer = null;
    if (untold === 0) return;
    say(`each of ${untold} more connections`, { count: untold });
    untold = 0;
    timer = setTimeout(tell, PERIOD_MS).unref();
  };

  return {
    refused: (address) => {
      count(1, {});
      if (timer !== null) {
        untold += 1;
        return;
      }
      say('a connection', { count: 1, 'client.address': networkOf(address) });
      timer = setTimeout(tell, PERIOD_MS).unref();
    },
    [Symbol.dispose]: () => {
      if (timer !== null) clearTimeout(timer);
      tell();
      if (timer !== null) clearTimeout(timer);
    },
  };
};

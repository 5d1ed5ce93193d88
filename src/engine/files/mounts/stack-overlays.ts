import { stringify } from 'yaml';
import { at, swaggerAt } from '../../endpoints.ts';
import type { Ports } from '../../ports.ts';
import { browserLogIn } from '../browser-log-in.ts';
import { swaggerLogIn } from '../swagger-log-in.ts';
import { issuersOf, list, readDelivered, type Tree } from '../delivered-config.ts';

/** `stack.yml` of the products that have one: what depends on the ports under which this machine reaches the containers. */
export interface StackOverlays {
  readonly identity: string;
  readonly kms: string;
}

/**
 * The overlays that containers lay over their delivered configuration.
 * Tokens name the issuer as browsers reach it; how the KMS reaches it, inside the networks, stands in `kms.container.yml`.
 *
 * @throws the file system's error, or the YAML parser's
 */
export const stackOverlays = async (packageRoot: string, ports: Pick<Ports, 'identity' | 'kms'>): Promise<StackOverlays> => {
  const issuer = at(ports.identity);
  const { client, logIn } = swaggerLogIn({ swagger: swaggerAt(ports), issuer });
  const browser = browserLogIn({ origin: at(ports.kms), issuer });
  const issuers = issuersOf(await readDelivered(packageRoot, 'kms', 'kms.container.yml'));
  const clients = list((await readDelivered(packageRoot, 'identity', 'identity.container.yml'))['service_clients']);
  return {
    identity: overlay({ issuer, browser_clients: [client], service_clients: clients.map(browser.client) }),
    // All containers of this machine read one clock.
    kms: overlay({
      server: { browser: { origin: at(ports.kms) } },
      identity: {
        issuers: issuers.map((delivered) => browser.issuer({ ...delivered, issuer, clock_skew_seconds: 0, log_in: logIn })),
      },
    }),
  };
};

const overlay = (tree: Tree): string => `# Made by passthru; changes are lost.\n${stringify(tree)}`;

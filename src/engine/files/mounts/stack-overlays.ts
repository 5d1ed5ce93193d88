import { stringify } from 'yaml';
import { at, swaggerAt } from '../../endpoints.ts';
import type { Ports } from '../../ports.ts';
import { browserLogIn } from '../browser-log-in.ts';
import { IDENTITY_PORT } from '#infra/magic/magic.ts';
import { PARTNER_HOST } from '../leaves.ts';
import { partnerIdentity, withPartner } from '../partner.ts';
import { swaggerLogIn } from '../swagger-log-in.ts';
import { issuersOf, list, readDelivered, type Tree } from '../delivered-config.ts';

/** `stack.yml` of the products that have one: what depends on the ports under which this machine reaches the containers. */
export interface StackOverlays {
  readonly identity: string;
  readonly kms: string;
  /** All that the second Identity has to know beside the delivered configuration. */
  readonly partner: string;
}

/**
 * The overlays that containers lay over their delivered configuration.
 * Tokens name the issuer as browsers reach it; how the KMS reaches it, inside the networks, stands in `kms.container.yml`.
 *
 * @throws the file system's error, or the YAML parser's
 */
export const stackOverlays = async (options: {
  readonly packageRoot: string;
  readonly ports: Pick<Ports, 'identity' | 'kms' | 'partner'>;
  /** Whether the KMS knows a second Identity. */
  readonly partner: boolean;
}): Promise<StackOverlays> => {
  const { packageRoot, ports, partner } = options;
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
        issuers: issuers.flatMap((delivered) => {
          const own = browser.issuer({ ...delivered, issuer, clock_skew_seconds: 0, log_in: logIn });
          return partner ? withPartner(own, partnerOf(ports)) : [own];
        }),
      },
    }),
    partner: overlay(partnerOverlay(ports)),
  };
};

const SECRETS = '/run/secrets';
const SECRET_OF_KMS = `${SECRETS}/partner-client-secret`;

const partnerOf = (ports: Pick<Ports, 'partner'>) => ({
  issuer: at(ports.partner),
  reachedAt: `https://${PARTNER_HOST}:${IDENTITY_PORT}`,
  clientSecretFile: SECRET_OF_KMS,
});

const partnerOverlay = (ports: Pick<Ports, 'partner'>): Tree => {
  const tls = { ca: `${SECRETS}/ca.pem`, cert: `${SECRETS}/partner.pem`, key: `${SECRETS}/partner.key` };
  return partnerIdentity({
    issuer: at(ports.partner),
    server: { host: '0.0.0.0', tls },
    admin: { tls },
    // In the memory of its container, with which it ends.
    directory: '/tmp/partner',
    secrets: {
      cookieKeys: `${SECRETS}/partner-cookie-keys`,
      signingKeyEncryption: `${SECRETS}/partner-signing-key-encryption`,
      clientSecret: SECRET_OF_KMS,
    },
    tenantsFile: '/etc/passthru/tenants.json',
  });
};

const overlay = (tree: Tree): string => `# Made by passthru; changes are lost.\n${stringify(tree)}`;

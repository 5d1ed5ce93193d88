import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { stringify } from 'yaml';
import { partnerIdentity, withPartner } from '#engine/files/partner.ts';
import { issuersOf, list, map, readDelivered, type Tree } from '#engine/files/delivered-config.ts';
import { browserLogIn } from '#engine/files/browser-log-in.ts';
import { swaggerLogIn } from '#engine/files/swagger-log-in.ts';
import { stateFiles } from '#engine/files/state-files.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { FEED_PATH } from '#infra/magic/magic.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import type { ServiceName } from '../../engine.ts';
import type { DoorAddresses } from '../../doors.ts';
import { at } from '../../endpoints.ts';
import { type Layout, LOG_BOUNDS } from './layout.ts';

/** The settings that this stack lays over the delivered configuration of one service: ports, certificates, folders, secrets. */
export interface OverlayOptions {
  readonly layout: Layout;
  readonly leaf: (name: string) => TlsFiles;
  readonly shareFiles: readonly string[];
  /** Addresses to listen on beside 127.0.0.1. */
  readonly doors: DoorAddresses;
  /** The realms of the demo in place of the empty ones. */
  readonly demo: boolean;
}

/** Writes the overlay of every service, where it is not as it should be. */
export const writeOverlays = async (options: OverlayOptions): Promise<void> => {
  const { layout } = options;
  const overlays = [
    [layout.overlay('telemetry'), telemetryOverlay(options)],
    [layout.overlay('identity'), await identityOverlay(options)],
    [layout.overlay('kms'), await kmsOverlay(options)],
    [layout.partner.overlay, partnerOverlay(options)],
  ] as const;
  await Promise.all(
    overlays.map(async ([file, overlay]) => {
      const text = `# Made by passthru at every start; changes are lost.\n${stringify(overlay)}`;
      if ((await readFile(file, 'utf8').catch(missingIs(null))) !== text) await writeFileAtomic(file, text, { durable: false });
    }),
  );
};

const logOf = (layout: Layout, service: ServiceName): Tree => ({ file: layout.log(service), ...LOG_BOUNDS });

const telemetryOverlay = ({ layout, leaf, doors }: OverlayOptions): Tree => ({
  server: { host: '127.0.0.1', also: [...doors.local], port: layout.ports.telemetry, tls: { ...leaf('telemetry') } },
  directory: layout.data('telemetry'),
  log: logOf(layout, 'telemetry'),
});

/** Nobody else reaches the services, and the demo is one trace from the CLI to the database. */
const THIS_MACHINE = ['127.0.0.0/8', '::1/128'];

/** Exports are frequent, so that the demo, which waits for a trace, does not wait for the exporter. */
const EXPORT_INTERVAL_MS = 250;

const telemetryTo = (layout: Layout, client: TlsFiles): Tree => ({
  endpoint: layout.endpoints.telemetry.otlp,
  tls: { ...client },
  export_interval_ms: EXPORT_INTERVAL_MS,
});

/** Demo data on one machine outlive the processes, however these end, and need not outlive a power cut (docs/decisions/0056). */
const DURABILITY = 'process';

const databaseIn = (directory: string): Tree => ({ kind: 'sqlite', directory, durability: DURABILITY });

/** Null where there is no Swagger UI. */
const logInOf = ({ endpoints }: Layout) => {
  const { swagger } = endpoints.kms;
  return swagger === null ? null : swaggerLogIn({ swagger, issuer: endpoints.identity.issuer });
};

/** Null where there are no pages. */
const browserOf = ({ endpoints, ports }: Layout) =>
  endpoints.kms.pages === null
    ? null
    : { origin: at(ports.kms), ...browserLogIn({ origin: at(ports.kms), issuer: endpoints.identity.issuer }) };

const identityOverlay = async ({ layout, leaf, doors }: OverlayOptions): Promise<Tree> => ({
  issuer: layout.endpoints.identity.issuer,
  server: {
    host: '127.0.0.1',
    also: [...doors.all],
    port: layout.ports.identity,
    tls: { ...leaf('identity') },
    // For tokens that are bound to certificates: browsers have none of this authority.
    client_certificates: 'request',
    trace_networks: THIS_MACHINE,
  },
  admin: { host: '127.0.0.1', also: [...doors.local], port: layout.ports.identityAdmin, tls: { ...leaf('identity') } },
  // For the KMS of this machine alone.
  feed: { port: layout.ports.identityFeed, tls: { ...leaf('identity') } },
  database: databaseIn(layout.data('identity')),
  telemetry: telemetryTo(layout, leaf('identity-client')),
  log: logOf(layout, 'identity'),
  secrets: { cookie_keys_file: stateFiles(layout.folder).cookieKeys },
  // A list is replaced as a whole, so the delivered entries are repeated with the files of this stack.
  service_clients: list((await readDelivered(layout.packageRoot, 'identity', 'identity.yml'))['service_clients']).map((delivered) => {
    const client = { ...delivered, secret_file: stateFiles(layout.folder).clientSecret(String(delivered['client_id'])) };
    return browserOf(layout)?.client(client) ?? client;
  }),
  browser_clients: [logInOf(layout)?.client ?? []].flat(),
  demo: { tenants_file: layout.tenantsFile },
});

const partnerOverlay = ({ layout, leaf }: OverlayOptions): Tree => ({
  ...partnerIdentity({
    issuer: layout.endpoints.partner.issuer,
    server: { host: '127.0.0.1', port: layout.ports.partner, tls: { ...leaf('partner') } },
    // Nobody administers it: it gets a port that is free.
    admin: { host: '127.0.0.1', port: 0, tls: { ...leaf('partner') } },
    directory: layout.partner.data,
    secrets: stateFiles(layout.folder).partner,
    tenantsFile: layout.tenantsFile,
  }),
  log: { file: layout.partner.log, ...LOG_BOUNDS },
});

const kmsOverlay = async ({ layout, leaf, shareFiles, doors, demo }: OverlayOptions): Promise<Tree> => {
  const defaults = layout.defaults('kms');
  const issuers = issuersOf(await readDelivered(layout.packageRoot, 'kms', 'kms.yml'));
  const { issuer, discovery } = layout.endpoints.identity;
  const logIn = logInOf(layout);
  const browser = browserOf(layout);
  return {
    server: {
      host: '127.0.0.1',
      also: [...doors.all],
      port: layout.ports.kms,
      tls: { ...leaf('kms') },
      swagger: layout.endpoints.kms.swagger !== null,
      ...(browser && { browser: { origin: browser.origin } }),
      trace_networks: THIS_MACHINE,
    },
    admin: { host: '127.0.0.1', also: [...doors.local], port: layout.ports.kmsAdmin, tls: { ...leaf('kms') } },
    database: databaseIn(layout.data('kms')),
    telemetry: telemetryTo(layout, leaf('kms-client')),
    log: logOf(layout, 'kms'),
    unseal: { share_files: [...shareFiles] },
    audit: { durability: DURABILITY },
    ...(demo && defaults !== null ? { realms_file: join(dirname(defaults), 'realms.demo.yml') } : {}),
    // In a demo there is no other tenant that could.
    ...(demo ? { tenants: { administrators: ['demo'] } } : {}),
    identity: {
      issuers: issuers.flatMap((delivered) => {
        const configured = {
          ...delivered,
          issuer,
          jwks_uri: new URL('/.well-known/jwks.json', discovery).href,
          ca: layout.endpoints.caFile,
          // All services of this stack read one clock.
          clock_skew_seconds: 0,
          ...(logIn && { log_in: logIn.logIn }),
          revocation: {
            ...map(delivered['revocation']),
            introspection_endpoint: new URL('/oauth2/introspect', discovery).href,
            introspection_batch_endpoint: new URL('/oauth2/introspect/batch', discovery).href,
            client_secret_file: stateFiles(layout.folder).clientSecret(String(map(delivered['revocation'])['client_id'])),
            feed: { ...map(map(delivered['revocation'])['feed']), uri: at(layout.ports.identityFeed, FEED_PATH) },
          },
        };
        const own = browser?.issuer(configured) ?? configured;
        const { issuer: reachedAt } = layout.endpoints.partner;
        const partner = { issuer: reachedAt, reachedAt, clientSecretFile: stateFiles(layout.folder).partner.clientSecret };
        return demo ? withPartner(own, partner) : [own];
      }),
      tls: { ...leaf('kms-client') },
    },
    demo: { tenants_file: layout.tenantsFile },
  };
};

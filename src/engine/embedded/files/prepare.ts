import { randomBytes } from 'node:crypto';
import { makeStateFolder } from '#engine/state/state-folder.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { ensureSecret } from '#infra/secrets/secret-file.ts';
import { prepareTls } from '#infra/tls/store.ts';
import type { PreparedTls, ServiceName } from '../../engine.ts';
import { attempt } from '../failures.ts';
import type { Layout } from '../layout.ts';
import { checkPorts } from '../ports.ts';
import { codeVersion, configHash } from './config-hash.ts';
import { demoTenants } from './demo-tenants.ts';
import { LEAVES } from './leaves.ts';
import { clientSecretFile, cookieKeysFile, serviceClientIds, writeOverlays } from './overlays.ts';
import { prepareUnsealShares } from './unseal-share-files.ts';

export interface Prepared {
  readonly tls: PreparedTls;
  /** Of what each service reads at its start. */
  readonly hashes: Readonly<Record<ServiceName, string>>;
}

/** Everything on disk that the services need: makes what is missing, mends what is damaged, keeps what is good. */
export const prepare = (options: {
  layout: Layout;
  demo: boolean;
  signal: AbortSignal;
  warn: (text: string) => void;
}): Promise<Result<Prepared>> =>
  attempt('prepare-failed', 'preparing certificates, secrets and configuration', async () => {
    const { layout, demo, signal, warn } = options;
    const ports = checkPorts(layout.ports);
    if (!ports.ok) return ports;
    signal.throwIfAborted();
    await makeStateFolder(layout.folder);
    const [tls, shareFiles, clientIds, code] = await Promise.all([
      prepareTls({ directory: layout.folder.tls, leaves: LEAVES }),
      prepareUnsealShares({ secrets: layout.folder.secrets, data: layout.data('kms') }),
      serviceClientIds(layout),
      codeVersion(layout.packageRoot),
      ensureSecret(cookieKeysFile(layout), randomSecret, 'the keys that sign cookies'),
      demoTenants(layout.tenantsFile, { warn }),
    ]);
    const clientSecrets = clientIds.map((id) => clientSecretFile(layout, id));
    await Promise.all(clientSecrets.map((file) => ensureSecret(file, randomSecret, 'the secret of a service client')));
    signal.throwIfAborted();
    await writeOverlays({ layout, leaf: (name) => tls.leaf(name), shareFiles, demo });
    const hash = (service: ServiceName, secretFiles: readonly string[]) => configHash({ layout, service, code, secretFiles });
    const [telemetry, identity, kms] = await Promise.all([
      hash('telemetry', []),
      hash('identity', [cookieKeysFile(layout), ...clientSecrets]),
      hash('kms', [...shareFiles, ...clientSecrets]),
    ]);
    const { chain, leaves, keyType, created } = tls;
    return ok({ tls: { chain, leaves, keyType, created }, hashes: { telemetry, identity, kms } });
  });

/** 256 random bits. */
const randomSecret = (): string => randomBytes(32).toString('base64url');

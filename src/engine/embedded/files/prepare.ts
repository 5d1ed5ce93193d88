import { prepareStateFiles } from '#engine/files/prepare-state-files.ts';
import { serviceClientIds } from '#engine/files/delivered-config.ts';
import { mountFolder } from '#engine/files/mounts/mount-table.ts';
import { stateFiles } from '#engine/files/state-files.ts';
import { hasFiles } from '#engine/files/unseal-share-files.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { attempt } from '../../attempt.ts';
import type { PreparedTls, ServiceName } from '../../engine.ts';
import { checkPorts } from '../../ports.ts';
import type { Layout } from './layout.ts';
import { codeVersion, configHash } from './config-hash.ts';
import { doorsFor } from '../../doors.ts';
import { writeOverlays } from './overlays.ts';

export interface Prepared {
  readonly tls: PreparedTls;
  /** A hash for each service, of all that it reads at its start. */
  readonly hashes: Readonly<Record<ServiceName, string>>;
}

/** Prepares everything on disk that the services need: it makes what is missing, mends what is damaged, keeps what is good. */
export const prepare = (options: {
  layout: Layout;
  demo: boolean;
  signal: AbortSignal;
  warn: (text: string) => void;
}): Promise<Result<Prepared>> =>
  attempt('prepare-failed', 'preparing certificates, secrets and configuration', async () => {
    const { layout, demo, signal, warn } = options;
    const { folder, packageRoot } = layout;
    const ports = checkPorts(layout.ports);
    if (!ports.ok) return ports;
    signal.throwIfAborted();
    const files = stateFiles(folder);
    const [clientIds, code] = await Promise.all([serviceClientIds(packageRoot), codeVersion(packageRoot)]);
    const hasData = () => hasFiles(layout.data('kms'));
    const { tls, leaf, shareFiles } = await prepareStateFiles({
      folder,
      clientIds,
      hosts: layout.hosts,
      copies: [mountFolder(folder.docker, 'kms')],
      hasData,
      warn,
    });
    signal.throwIfAborted();
    const doors = await doorsFor(layout.hosts, warn);
    await writeOverlays({ layout, leaf, shareFiles, doors, demo });
    const clientSecrets = clientIds.map(files.clientSecret);
    const hash = (service: ServiceName, secretFiles: readonly string[]) => configHash({ layout, service, code, secretFiles });
    const [telemetry, identity, kms] = await Promise.all([
      hash('telemetry', []),
      hash('identity', [files.cookieKeys, ...clientSecrets]),
      hash('kms', [...shareFiles, ...clientSecrets, files.partner.clientSecret]),
    ]);
    return ok({ tls, hashes: { telemetry, identity, kms } });
  });

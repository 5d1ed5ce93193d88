import { join } from 'node:path';
import {
  ensureKeyStore,
  ensureTrustStore,
  pkcs12Files,
  type TrustStoreFiles,
  trustStoreFiles,
} from '#infra/tls/authority/pkcs12/stored-pkcs12.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import { CLIENT_LEAVES } from './leaves.ts';

export interface PreparedPkcs12 {
  /** The root, for Java. */
  readonly trustStore: TrustStoreFiles;
  /** A file for each client certificate; its password is in `<file>.password`. */
  readonly keyStores: readonly string[];
}

/**
 * Makes PKCS#12 files beside the certificates of a state folder that is prepared: `ca.p12` for Java, and one for each client
 * certificate. From then on every run keeps them in step with the certificates. The caller holds the lock of the folder.
 *
 * @throws AppError `secret-unreadable`; the file system's error
 */
export const preparePkcs12 = async ({ tls }: StateFolder): Promise<PreparedPkcs12> => {
  const caFile = join(tls, 'ca.pem');
  await ensureTrustStore(caFile);
  for (const name of CLIENT_LEAVES)
    await ensureKeyStore({ ca: caFile, cert: join(tls, `${name}.pem`), key: join(tls, `${name}.key`) }, name);
  return { trustStore: trustStoreFiles(caFile), keyStores: CLIENT_LEAVES.map((name) => pkcs12Files(join(tls, name)).file) };
};

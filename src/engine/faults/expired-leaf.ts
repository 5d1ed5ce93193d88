import { join } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { readAuthority } from '#infra/tls/authority/stored-authority.ts';
import { leavesWith } from '#engine/files/leaves.ts';
import { mountFolder } from '#engine/files/mounts/mount-table.ts';
import { isFilled, type StateFolder } from '#engine/state/state-folder.ts';
import type { ServiceName } from '../engine.ts';

const DAY_MS = 86_400_000;
/** The certificate began so many days ago, and lasted for one. */
const BEGAN_DAYS_AGO = 30;

/**
 * Puts a certificate that has ended in the place of a server's good one, issued by the same authority for the same names; `prepare` renews
 * it as it renews any.
 */
export const expireLeaf = async (options: {
  readonly folder: StateFolder;
  readonly service: ServiceName;
  readonly hosts: readonly string[];
  readonly now: () => number;
}): Promise<void> => {
  const { folder, service, hosts, now } = options;
  const leaf = leavesWith(hosts).find(({ name }) => name === service);
  const cas = await readAuthority(folder.tls);
  if (leaf === undefined || cas.length === 0) {
    throw new AppError('no-authority', 500, `there is no authority in ${folder.tls} that could issue a certificate for ${service}`);
  }
  const { authorityFromPem } = await import('#infra/tls/authority/create-authority.ts');
  const authority = await authorityFromPem(cas, () => now() - BEGAN_DAYS_AGO * DAY_MS);
  const { certPem, keyPem } = await authority.issue({ ...leaf, days: 1 });
  const mounted = mountFolder(folder.docker, service);
  const places = [{ path: folder.tls, keyMode: 0o600, certMode: 0o644 }];
  // Containers read them as whichever user they run as, in a folder that is closed to others.
  if (await isFilled(mounted)) places.push({ path: mounted, keyMode: 0o444, certMode: 0o444 });
  for (const { path, keyMode, certMode } of places) {
    await writeFileAtomic(join(path, `${service}.key`), keyPem, { mode: keyMode, durable: false });
    await writeFileAtomic(join(path, `${service}.pem`), certPem, { mode: certMode, durable: false });
  }
};

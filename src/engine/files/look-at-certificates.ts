import { stateFolder } from '#engine/state/state-folder.ts';
import { lookAtTls, type TlsStoreState } from '#infra/tls/authority/look-at-store.ts';
import { leavesWith } from './leaves.ts';

/**
 * The certificates of a state folder: those that a start would keep, and those that it would make, and why. Changes nothing.
 *
 * @param options.hosts further names and addresses of the public servers
 * @throws as `lookAtTls`
 */
export const lookAtCertificates = (options: {
  readonly stateDir: string;
  readonly hosts: readonly string[];
  readonly now: () => number;
}): Promise<TlsStoreState> =>
  lookAtTls({ directory: stateFolder(options.stateDir).tls, leaves: leavesWith(options.hosts), now: options.now });

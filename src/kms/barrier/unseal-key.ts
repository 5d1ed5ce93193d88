import { readSecret } from '#infra/files/secret-file.ts';
import { combineShares } from '#infra/secrets/unseal-shares.ts';
import type { UnsealConfig } from './config.ts';

/**
 * The unseal key from the share files of the configuration.
 *
 * @returns 32 bytes, to be zeroed by the caller; null when fewer shares are configured than the threshold, which leaves the
 *   service sealed
 * @throws AppError `secret-unreadable`, `unseal-shares-too-few`, `unseal-shares-mixed`, `unseal-shares-damaged`
 */
export const readUnsealKey = async (config: UnsealConfig): Promise<Uint8Array | null> => {
  const { share_files: files, threshold = 1 } = config;
  if (files.length < threshold) return null;
  const shares = await Promise.all(files.map((file) => readSecret(file, 'an unseal share')));
  return combineShares(shares);
};

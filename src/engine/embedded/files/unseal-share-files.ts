import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { writeSecret } from '#infra/secrets/secret-file.ts';
import { combineShares, makeShares } from '#infra/secrets/unseal-shares.ts';

const SHARES = 5;
const THRESHOLD = 3;

/**
 * The share files with which the KMS unseals itself: the first three that fit together; the others are spare.
 * They are made at the first run. Later they are never made anew, because data that older ones sealed would be lost for good.
 *
 * @param options.data folder of the KMS's databases
 * @throws AppError `unseal-shares-lost` when there is data and fewer than three shares fit together
 */
export const prepareUnsealShares = async (options: { secrets: string; data: string }): Promise<readonly string[]> => {
  const files = Array.from({ length: SHARES }, (_, i) => join(options.secrets, `unseal-share-${i + 1}`));
  const usable = await usableShares(files);
  if (usable !== null) return usable;
  if (await hasDatabase(options.data)) {
    throw new AppError(
      'unseal-shares-lost',
      500,
      `fewer than ${THRESHOLD} unseal shares that fit together are left in ${options.secrets}`,
      {
        fix: `Restore the files unseal-share-1 to -${SHARES} from a backup; without them the data cannot be opened, and only \`passthru down --volumes\` starts anew.`,
      },
    );
  }
  const shares = await makeShares({ threshold: THRESHOLD, shares: SHARES });
  await Promise.all(files.map((file, i) => writeSecret(file, shares[i] ?? '')));
  return files.slice(0, THRESHOLD);
};

const usableShares = async (files: readonly string[]): Promise<readonly string[] | null> => {
  const shares = await Promise.all(files.map(async (file) => ({ file, text: await readOrNull(file) })));
  const present = shares.filter((share): share is { file: string; text: string } => share.text !== null);
  for (const chosen of choices(present, THRESHOLD)) {
    try {
      (await combineShares(chosen.map((share) => share.text))).fill(0);
      return chosen.map((share) => share.file);
    } catch (error) {
      // Damaged, twice the same, or of two sets: another choice may do.
      if (!(error instanceof AppError)) throw error;
    }
  }
  return null;
};

/** Every choice of `count` items, in order; ten for three of five. */
const choices = function* <T>(items: readonly T[], count: number): Iterable<readonly T[]> {
  if (count === 0) yield [];
  else for (const [i, item] of items.entries()) for (const rest of choices(items.slice(i + 1), count - 1)) yield [item, ...rest];
};

const hasDatabase = async (folder: string): Promise<boolean> => (await readdir(folder).catch(missingIs<string[]>([]))).length > 0;

const readOrNull = (file: string): Promise<string | null> => readFile(file, 'utf8').catch(missingIs<string | null>(null));

const missingIs =
  <T>(value: T) =>
  (error: unknown): T => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return value;
    throw error;
  };

import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { readGuarded } from '#infra/files/guarded-file.ts';
import { writeSecret } from '#infra/files/secret-file.ts';
import { combineShares, makeShares, shareIdentity } from '#infra/secrets/unseal-shares.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import { stateFiles } from './state-files.ts';

export const SHARES = 5;
export const THRESHOLD = 3;

/** Names of the copies that containers read. */
export const SHARE_COPIES = Array.from({ length: THRESHOLD }, (_, i) => `kms-unseal-share-${i + 1}`);

interface ShareFile {
  readonly file: string;
  readonly text: string;
}

/**
 * The share files with which the KMS unseals itself: the first three that fit together; the others are spare.
 * They are made at the first run. Later they are never made anew, because data that older ones sealed would be lost for good;
 * one that is lost or damaged comes back from its copy, where there is one.
 *
 * @param options.copies folders that may hold copies under the names of SHARE_COPIES, the most trusted first
 * @param options.hasData whether anything may be sealed under older shares
 * @throws AppError `unseal-shares-lost` when fewer than three shares fit together, and there is data or a copy; `secret-not-ours`
 */
export const prepareUnsealShares = async (options: {
  folder: StateFolder;
  copies: readonly string[];
  hasData: () => Promise<boolean>;
}): Promise<readonly string[]> => {
  const { folder, hasData } = options;
  const files = Array.from({ length: SHARES }, (_, i) => stateFiles(folder).unsealShare(i + 1));
  const copies = (await Promise.all(options.copies.map((copy) => readShareCopies(copy)))).flat();
  await restore(files, copies);
  const usable = await fitting(await readShares(files));
  if (usable !== null) return usable.map(({ file }) => file);
  // A copy of which too little is left still says that something may be sealed under it.
  if (copies.length > 0 || (await hasData())) throw lost(folder.secrets, copies);
  const shares = await makeShares({ threshold: THRESHOLD, shares: SHARES });
  await Promise.all(files.map((file, i) => writeSecret(file, shares[i] ?? '')));
  return files.slice(0, THRESHOLD);
};

/** The copies of shares in a folder, sound or not. */
export const readShareCopies = (folder: string): Promise<readonly ShareFile[]> =>
  readShares(SHARE_COPIES.map((name) => join(folder, name)));

/** The first three that fit together; null when there are none. */
export const fitting = async (shares: readonly ShareFile[]): Promise<readonly ShareFile[] | null> => {
  for (const chosen of choices(shares, THRESHOLD)) {
    try {
      (await combineShares(chosen.map((share) => share.text))).fill(0);
      return chosen;
    } catch (error) {
      // Damaged, twice the same, or of two sets: another choice may do.
      if (!(error instanceof AppError)) throw error;
    }
  }
  return null;
};

/** Whether the folder of a database holds anything. */
export const hasFiles = async (folder: string): Promise<boolean> => (await readdir(folder).catch(missingIs<string[]>([]))).length > 0;

/** Puts copies of shares in the place of shares that are lost or damaged; a sound share is never replaced. */
const restore = async (files: readonly string[], copies: readonly ShareFile[]): Promise<void> => {
  const held = await readShares(files);
  const whole = (await fitting(held)) ?? (await fitting([...held, ...copies]));
  const setId = shareIdentity(whole?.[0]?.text ?? '')?.setId;
  if (setId === undefined) return;
  const sound = new Set(held.flatMap(({ file, text }) => (shareIdentity(text) === null ? [] : [file])));
  for (const { text } of copies) {
    const identity = shareIdentity(text);
    const file = identity?.setId === setId ? files[identity.index - 1] : undefined;
    if (file === undefined || sound.has(file)) continue;
    await writeSecret(file, text);
    sound.add(file);
  }
};

const lost = (secrets: string, copies: readonly ShareFile[]): AppError => {
  const seen = [secrets, ...new Set(copies.map(({ file }) => dirname(file)))].join(' and ');
  return new AppError('unseal-shares-lost', 500, `fewer than ${THRESHOLD} unseal shares that fit together are left in ${seen}`, {
    fix:
      `Restore the files unseal-share-1 to -${SHARES} from a backup; without them the data cannot be opened, and only \`passthru down --volumes\` ` +
      `${copies.length === 0 ? '' : 'and removing the damaged copies '}starts anew.`,
  });
};

const readShares = async (files: readonly string[]): Promise<readonly ShareFile[]> => {
  const shares = await Promise.all(files.map(async (file) => ({ file, text: await readOrNull(file) })));
  return shares.filter((share): share is ShareFile => share.text !== null);
};

/** Every choice of `count` items, in order: three of five have ten. */
const choices = function* <T>(items: readonly T[], count: number): Iterable<readonly T[]> {
  if (count === 0) yield [];
  else for (const [i, item] of items.entries()) for (const rest of choices(items.slice(i + 1), count - 1)) yield [item, ...rest];
};

const readOrNull = (file: string): Promise<string | null> =>
  readGuarded(file, { purpose: 'an unseal share' }).catch(missingIs<string | null>(null));

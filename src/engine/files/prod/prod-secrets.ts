import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { readGuarded } from '#infra/files/guarded-file.ts';
import { KMS_CLIENT_ID } from '#infra/magic/magic.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import { shareTexts } from '../mounts/sealing-secrets.ts';
import { randomSecret } from '../random-secret.ts';
import { SIGNING_KEY_ENCRYPTION } from '../state-files.ts';
import { fitting, prepareUnsealShares, SHARE_COPIES } from '../unseal-share-files.ts';

/**
 * The texts of the secrets that are missing in the folders of containers, by file name; data is sealed under some of them, so they are
 * never made a second time.
 *
 * @param options.authority the folder with all five unseal shares
 * @param options.wasPrepared whether data may be sealed under secrets that are missing now
 * @throws AppError `secret-lost`, `client-secrets-differ`, `unseal-shares-lost`, `sealed-by-others`
 */
export const missingSecrets = async (options: {
  readonly identity: string;
  readonly kms: string;
  readonly authority: StateFolder;
  readonly wasPrepared: boolean;
}): Promise<Readonly<Record<'identity' | 'kms', ReadonlyMap<string, string>>>> => {
  const { identity, kms, authority, wasPrepared } = options;
  const clientSecretName = `${KMS_CLIENT_ID}-client-secret`;
  const clientSecret = await sharedSecret(join(identity, clientSecretName), join(kms, clientSecretName));
  if (wasPrepared && (await isMissing(identity, SIGNING_KEY_ENCRYPTION))) throw lost(join(identity, SIGNING_KEY_ENCRYPTION));
  const shares = await missingShares({ kms, authority, wasPrepared });
  const all = {
    identity: new Map([
      [SIGNING_KEY_ENCRYPTION, randomSecret()],
      ['identity-cookie-keys', randomSecret()],
      ['identity-postgres-password', randomSecret()],
      [clientSecretName, clientSecret],
    ]),
    kms: new Map([...shares, ['kms-postgres-password', randomSecret()], [clientSecretName, clientSecret]]),
  };
  const onlyMissing = async (folder: string, texts: ReadonlyMap<string, string>) => {
    const missing = await Promise.all([...texts].map(async (entry) => ((await isMissing(folder, entry[0])) ? [entry] : [])));
    return new Map(missing.flat());
  };
  return { identity: await onlyMissing(identity, all.identity), kms: await onlyMissing(kms, all.kms) };
};

const isMissing = async (folder: string, name: string): Promise<boolean> => (await readOrNull(join(folder, name))) === null;

/** One secret that both servers have. */
const sharedSecret = async (one: string, other: string): Promise<string> => {
  const [first, second] = await Promise.all([readOrNull(one), readOrNull(other)]);
  if (first !== null && second !== null && first.trim() !== second.trim()) {
    throw new AppError('client-secrets-differ', 500, `${one} and ${other} must hold the same secret, and hold different ones`, {
      fix: 'Copy the right one over the other. If neither is in use yet, remove both.',
    });
  }
  return first ?? second ?? randomSecret();
};

/** Nothing is looked up elsewhere while all share files are there. */
const missingShares = async (options: {
  readonly kms: string;
  readonly authority: StateFolder;
  readonly wasPrepared: boolean;
}): Promise<readonly (readonly [string, string])[]> => {
  const { kms, authority, wasPrepared } = options;
  const held = await Promise.all(SHARE_COPIES.map((name) => readOrNull(join(kms, name))));
  if (!held.includes(null)) return [];
  await mkdir(authority.secrets, { recursive: true, mode: 0o700 });
  const originals = await prepareUnsealShares({ folder: authority, copies: [kms], hasData: async () => wasPrepared });
  const texts = await shareTexts(kms, originals);
  const result = SHARE_COPIES.map((name, i) => ({ file: name, text: held[i] ?? texts[i] ?? '' }));
  if ((await fitting(result)) === null) throw lost(join(kms, SHARE_COPIES.find((_, i) => held[i] === null) ?? ''));
  return result.map(({ file, text }) => [file, text]);
};

const lost = (file: string): AppError =>
  new AppError('secret-lost', 500, `${file} is missing, and data may be sealed under it`, {
    fix: 'Restore it from the backup of this folder. Only if there is no data yet, move the whole folder away and prepare again.',
  });

const readOrNull = (path: string): Promise<string | null> =>
  readGuarded(path, { purpose: 'a secret' }).catch(missingIs<string | null>(null));

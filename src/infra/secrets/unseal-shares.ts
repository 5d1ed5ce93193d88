import { createHash } from 'node:crypto';
import { combine, split } from 'shamir-secret-sharing';
import { AppError } from '#infra/apperr/app-error.ts';
import { equalSecrets } from './compare.ts';

const SECRET_BYTES = 32;
const PREFIX = 'passthru-share-v1';
const PATTERN = /^passthru-share-v1\.([A-Za-z0-9_-]{22})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.([A-Za-z0-9_-]{44})\.([0-9a-f]{16})$/;

/** A share that was read; its bytes are the holder's to zero. */
export interface Share {
  readonly setId: string;
  /** So many of the set bring the secret back. */
  readonly threshold: number;
  /** So many were made. */
  readonly total: number;
  /** From 1. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

/**
 * Splits a new random 256-bit secret into shares, of which `threshold` bring it back; the secret itself is given to nobody.
 *
 * @param options both from 2 to 255, `threshold` at most `shares`
 * @returns one line of text a share
 * @see Shamir, How to Share a Secret, 1979
 */
export const makeShares = async (options: { threshold: number; shares: number }): Promise<string[]> => {
  const { threshold, shares } = options;
  if (!isCount(threshold) || !isCount(shares) || threshold > shares) {
    throw new TypeError(`shares and threshold are whole numbers from 2 to 255, threshold at most shares; got ${threshold} of ${shares}`);
  }
  // The library takes plain byte arrays only, no Buffer.
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  try {
    const setId = setIdOf(secret);
    const parts = await split(secret, shares, threshold);
    return parts.map((part, position) => {
      const body = `${PREFIX}.${setId}.${threshold}.${shares}.${position + 1}.${Buffer.from(part).toString('base64url')}`;
      return `${body}.${checksum(body)}`;
    });
  } finally {
    secret.fill(0);
  }
};

/**
 * The secret of a set of shares, 32 bytes; the caller zeroes it after use.
 *
 * @throws AppError `unseal-shares-damaged` with the position of the bad one, `unseal-shares-duplicate`, `unseal-shares-mixed`, `unseal-shares-too-few`
 */
export const combineShares = async (texts: readonly string[]): Promise<Uint8Array> => {
  const shares = texts.map((text, position) => parseShare(text, `unseal share ${position + 1}`));
  checkOneSet(shares);
  return combineParsed(shares);
};

/**
 * The same of shares that were read and are of one set; their bytes are zeroed, also where it fails.
 *
 * @throws AppError `unseal-shares-too-few`, `unseal-shares-damaged`
 */
export const combineParsed = async (shares: readonly Share[]): Promise<Uint8Array> => {
  const [first] = shares;
  if (first === undefined) throw refuse('unseal-shares-too-few', 'no unseal share was given');
  if (shares.length < first.threshold) {
    throw refuse('unseal-shares-too-few', `${shares.length} of the ${first.threshold} unseal shares that are needed were given`);
  }
  const secret = await combine(shares.map((share) => share.bytes)).finally(() => zero(shares));
  if (secret.length !== SECRET_BYTES || !equalSecrets(setIdOf(secret), first.setId)) {
    secret.fill(0);
    throw refuse(
      'unseal-shares-damaged',
      'the unseal shares do not bring back the secret of their set; one of them was altered',
      'Restore them from their backup.',
    );
  }
  return secret;
};

export const zero = (shares: readonly Share[]): void => {
  for (const { bytes } of shares) bytes.fill(0);
};

export const sharesMixed = (): AppError =>
  refuse('unseal-shares-mixed', 'the unseal shares come from different sets', 'Give shares that were made together.');

/** @throws AppError `unseal-shares-mixed`, `unseal-shares-duplicate` */
export const checkOneSet = (shares: readonly Share[]): void => {
  const [first] = shares;
  if (shares.some((share) => share.setId !== first?.setId || share.threshold !== first.threshold)) {
    throw sharesMixed();
  }
  if (new Set(shares.map((share) => share.index)).size !== shares.length) {
    throw refuse('unseal-shares-duplicate', 'the same unseal share was given twice', 'Give each share once.');
  }
};

/** The set that a share belongs to, and its place there from 1; null for a text that is no sound share. */
export const shareIdentity = (text: string): { readonly setId: string; readonly index: number } | null => {
  try {
    const { setId, index } = parseShare(text);
    return { setId, index };
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
};

/**
 * @param what the share is called in an error; its text is in none
 * @throws AppError `unseal-shares-damaged`
 */
export const parseShare = (text: string, what = 'the unseal share'): Share => {
  const line = text.trim();
  const [, setId = '', threshold, total, index, base64url = '', sum = ''] = PATTERN.exec(line) ?? [];
  const bytes = new Uint8Array(Buffer.from(base64url, 'base64url'));
  if (setId === '' || checksum(line.slice(0, line.lastIndexOf('.'))) !== sum || bytes.length !== SECRET_BYTES + 1) {
    throw refuse('unseal-shares-damaged', `${what} is damaged or is no unseal share`, 'Restore it from its backup.');
  }
  return { setId, threshold: Number(threshold), total: Number(total), index: Number(index), bytes };
};

/** Names the set and commits to the secret: a hash of 256 random bits tells nothing of them. */
const setIdOf = (secret: Uint8Array): string =>
  createHash('sha256').update('passthru unseal share set v1').update(secret).digest().subarray(0, 16).toString('base64url');

/** Finds slips of the hand and bad disks; it keeps no attacker out. */
const checksum = (body: string): string => createHash('sha256').update(body).digest('hex').slice(0, 16);

const isCount = (value: number) => Number.isInteger(value) && value >= 2 && value <= 255;

const refuse = (code: string, message: string, fix = 'Give more shares of the same set.') => new AppError(code, 400, message, { fix });

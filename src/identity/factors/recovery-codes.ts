import { createHash, randomBytes } from 'node:crypto';

const CODES = 10;
/** 80 bits: nobody finds one from its hash by trying. */
const BYTES = 10;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

const toBase32 = (bytes: Uint8Array): string =>
  BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
    .toString(32)
    .padStart((bytes.length * 8) / 5, '0')
    .replaceAll(/./g, (digit) => ALPHABET[Number.parseInt(digit, 32)] ?? '');

/** New recovery codes, each of four groups of four letters and digits. */
export const newRecoveryCodes = (): readonly string[] =>
  Array.from({ length: CODES }, () => (toBase32(randomBytes(BYTES)).match(/.{4}/g) ?? []).join('-'));

/** A code as it was typed, without what people put between its letters. */
export const typedCode = (code: string): string => code.replaceAll(/[\s-]/g, '').toLowerCase();

/** Whether what was typed may be a recovery code at all. */
export const isRecoveryCode = (typed: string): boolean => /^[a-z2-7]{16}$/.test(typed);

/** A code as the database has it: a dump holds none that somebody could use. */
export const recoveryHash = (accountId: string, code: string): string =>
  createHash('sha256')
    .update(`recovery:${accountId}:${typedCode(code)}`)
    .digest('base64url');

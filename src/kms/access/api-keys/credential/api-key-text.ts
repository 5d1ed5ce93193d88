import { crc32 } from 'node:zlib';
import { isUuidV4, isUuidV7 } from '#infra/magic/uuid.ts';

/**
 * An API key as its holder has it:
 *
 *     ptk_ <id: 43 digits> _ <secret: 43 digits> <checksum: 6 digits>
 *
 * The digits are those of base 62. The id is the tenant and the row, 16 bytes each; the secret is 32 random bytes; the checksum is CRC-32
 * (ISO 3309) of all before it. So a scanner for secrets finds a key by its form, and a typing error is known without a look at a database;
 * whether a key is good only its keyed hash says. No digit is a separator, so that a double click takes all of it.
 */
export const API_KEY_PREFIX = 'ptk_';

/** For scanners of secrets, as a regular expression of any dialect. */
export const API_KEY_PATTERN = '\\bptk_[0-9A-Za-z]{43}_[0-9A-Za-z]{49}\\b';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = BigInt(DIGITS.length);
/** Digits of 32 bytes, and of 32 bits. */
const [WIDTH, CHECK_WIDTH] = [43, 6];
const BYTES = 32;

const ID_END = API_KEY_PREFIX.length + WIDTH;
const SECRET_END = ID_END + 1 + WIDTH;
const FORM = new RegExp(`^${API_KEY_PREFIX}[0-9A-Za-z]{${WIDTH}}_[0-9A-Za-z]{${WIDTH + CHECK_WIDTH}}$`);

const digitsOf = (value: bigint, width: number): string => {
  let [text, left] = ['', value];
  for (let place = 0; place < width; place += 1) {
    text = DIGITS.charAt(Number(left % BASE)) + text;
    left /= BASE;
  }
  return text;
};

/** 32 bytes as hexadecimal digits; null for a number that is larger. */
const hexOf = (digits: string): string | null => {
  const value = [...digits].reduce((sum, digit) => sum * BASE + BigInt(DIGITS.indexOf(digit)), 0n);
  const hex = value.toString(16).padStart(2 * BYTES, '0');
  return hex.length > 2 * BYTES ? null : hex;
};

const uuidOf = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** CRC-32 in base 62, by numbers: every request has one computed. */
const checksumOf = (text: string): string => {
  let [checksum, left] = ['', crc32(text)];
  for (let place = 0; place < CHECK_WIDTH; place += 1) {
    checksum = DIGITS.charAt(left % DIGITS.length) + checksum;
    left = Math.floor(left / DIGITS.length);
  }
  return checksum;
};

/** Of which row an API key is. */
export interface ApiKeyAddress {
  /** UUIDv4. */
  readonly tenantId: string;
  /** UUIDv7. */
  readonly id: string;
}

/**
 * A new API key: its text, and the part of that which is hashed.
 *
 * @param secret 32 random bytes
 */
export const makeApiKey = ({ tenantId, id }: ApiKeyAddress, secret: Uint8Array): Pick<ReadApiKey, 'hashed'> & { readonly text: string } => {
  const address = BigInt(`0x${tenantId.replaceAll('-', '')}${id.replaceAll('-', '')}`);
  const parts = [address, BigInt(`0x${Buffer.from(secret).toString('hex')}`)].map((part) => digitsOf(part, WIDTH));
  const hashed = API_KEY_PREFIX + parts.join('_');
  return { hashed, text: hashed + checksumOf(hashed) };
};

/** An API key whose form and checksum are right; nothing says yet that it is good. */
export interface ReadApiKey {
  /** Everything but the checksum: the text that is hashed. */
  readonly hashed: string;
  /** Digits of the address, which `addressOf` reads. */
  readonly idPart: string;
}

export type UnreadableApiKey = 'malformed' | 'checksum-wrong';

/** Reads an API key without a look at anything else. */
export const readApiKey = (text: string): ReadApiKey | UnreadableApiKey => {
  if (!FORM.test(text)) return 'malformed';
  const hashed = text.slice(0, SECRET_END);
  if (text.slice(SECRET_END) !== checksumOf(hashed)) return 'checksum-wrong';
  return { hashed, idPart: text.slice(API_KEY_PREFIX.length, ID_END) };
};

/** The row that the id part names; null for digits that are no two ids of ours. */
export const addressOf = (idPart: string): ApiKeyAddress | null => {
  const hex = hexOf(idPart);
  if (hex === null) return null;
  const [tenantId, id] = [uuidOf(hex.slice(0, BYTES)), uuidOf(hex.slice(BYTES))];
  return isUuidV4(tenantId) && isUuidV7(id) ? { tenantId, id } : null;
};

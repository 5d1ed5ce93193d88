import { isIP, isIPv4 } from 'node:net';
import { canonicalIp } from '../../ip-address.ts';

/**
 * The names for which certificates of an authority may stand: DNS names, each with all names below it, and ranges of addresses, for
 * example `127.0.0.0/8`. A root that a browser trusts can vouch for nothing else then. URIs and subjects stay free.
 *
 * @see RFC 5280 section 4.2.1.10
 */
export type PermittedNames = readonly string[];

/** The constraint that permits one name: a DNS name as it is, or the range that holds one address alone. */
export const constraintFor = (name: string): string => (isIP(name) === 0 ? name : `${canonicalIp(name)}/${isIPv4(name) ? 32 : 128}`);

/** Whether one of the constraints permits a DNS name or an address. */
export const isPermitted = (name: string, permitted: PermittedNames): boolean => {
  if (isIP(name) === 0) return permitted.some((base) => name === base || name.endsWith(`.${base}`));
  const address = addressBytes(name);
  return permitted.filter(isRange).some((range) => {
    const bytes = rangeBytes(range);
    const isWithin = (byte: number, at: number) => ((byte ^ (bytes[at] ?? 0)) & (bytes[at + address.length] ?? 0)) === 0;
    return bytes.length === 2 * address.length && address.every(isWithin);
  });
};

export const isRange = (constraint: string): boolean => constraint.includes('/');

/** `127.0.0.0/8` as address and mask, 8 bytes or 32. */
export const rangeBytes = (range: string): Uint8Array => {
  const [text = '', prefix] = range.split('/');
  const address = addressBytes(text);
  const mask = address.map((_, at) => 0xff & (0xff00 >> Math.min(8, Math.max(0, Number(prefix) - at * 8))));
  return Uint8Array.from([...address.map((byte, at) => byte & (mask[at] ?? 0)), ...mask]);
};

/** The same from its bytes. */
export const rangeText = (bytes: Uint8Array): string => {
  const half = bytes.length / 2;
  const [address, mask] = [bytes.subarray(0, half), bytes.subarray(half)];
  const prefix = mask.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  const text = half === 4 ? address.join('.') : canonicalIp((Buffer.from(address).toString('hex').match(/.{4}/g) ?? []).join(':'));
  return `${text}/${prefix}`;
};

const addressBytes = (address: string): Uint8Array => {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  const [before = '', after] = canonicalIp(address).split('::');
  const [head, tail] = [groupsOf(before), groupsOf(after ?? '')];
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
  return Uint8Array.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
};

const groupsOf = (text: string): readonly string[] => text.split(':').filter((group) => group !== '');

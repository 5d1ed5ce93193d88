import { isIP } from 'node:net';
import { isPermitted } from '#infra/tls/authority/constraints/permitted-names.ts';
import { canonicalIp } from '#infra/tls/ip-address.ts';
import type { ValueType } from './value-types.ts';

/**
 * Addresses that stand for more than one interface or machine, and IPv4 in the dress of IPv6: a listener there holds the port of the
 * listener on 127.0.0.1, which every stack has, and no client asks a certificate for them.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see RFC 4291 section 2.5.2, 2.5.5.2 and 2.7
 */
const NOT_SINGLE = ['0.0.0.0/32', '224.0.0.0/4', '255.255.255.255/32', '::/128', '::ffff:0:0/96', 'ff00::/8'];

const isAddress = (value: string): boolean => isIP(value) !== 0 && !value.includes('%');

const isSingle = (address: string): boolean => !isPermitted(address, NOT_SINGLE);

/** @see RFC 1123 section 2.1 */
const isDnsName = (value: string): boolean =>
  value.length <= 253 && /^(?!.*\.\d+$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value);

/** A DNS name in lower case, or the IP address of one interface. */
const isHost = (value: unknown): value is string => typeof value === 'string' && (isAddress(value) ? isSingle(value) : isDnsName(value));

/** Addresses in their one short spelling. */
const hostsIn = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(isHost) ? value.map(canonicalIp) : undefined;

const wordsOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((word) => word !== '');

/** Names of hosts; the flag is repeated, or followed by more than one; a variable has commas or blanks between them. */
export const hosts: ValueType<readonly string[]> = {
  form: 'names of hosts in lower case or IP addresses of one interface each, without scheme and port',
  placeholder: 'name...',
  fromText: (text) => hostsIn(wordsOf(text)),
  fromYaml: hostsIn,
  fixOf: (raw) => {
    const words = [raw].flat().flatMap((each) => (typeof each === 'string' ? wordsOf(each) : []));
    const bad = words.filter((word) => isAddress(word) && !isSingle(word));
    if (bad.length === 0) return undefined;
    return `Replace ${bad.join(', ')} by each address under which callers reach this machine, for example 192.168.1.5.`;
  },
  toText: (value) => value.join(' '),
};

import { isIPv6 } from 'node:net';
import { canonicalIp } from '#infra/tls/ip-address.ts';

/** The eight groups of an IPv6 address in its canonical spelling. */
const groupsOf = (address: string): readonly number[] => {
  const [left = [], right] = address.split('::').map((side) => (side === '' ? [] : side.split(':')));
  const zeros = right === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...(right ?? [])].map((group) => Number.parseInt(group, 16));
};

const isMappedIpv4 = (groups: readonly number[]): boolean => groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;

/**
 * The addresses of one subscriber: an IPv4 address, mapped or not, or the first 64 bits of an IPv6 address, however it is written.
 *
 * @see RFC 4291 section 2.5.5.2, RFC 6177 section 2
 */
export const networkOf = (address: string): string => {
  if (!address.includes(':')) return address;
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return address;
  const groups = groupsOf(canonicalIp(plain));
  if (isMappedIpv4(groups)) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
};

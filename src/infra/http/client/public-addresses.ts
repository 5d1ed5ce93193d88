import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { AppError } from '#infra/apperr/app-error.ts';

type Subnet = readonly [network: string, prefix: number];

/** Addresses that are special, private or not of the internet. @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const SPECIAL_IPV4: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** All of global unicast there is. @see https://www.iana.org/assignments/ipv6-address-space */
const GLOBAL_IPV6: Subnet = ['2000::', 3];

/** Tunnels to IPv4, documentation and protocols within it. @see https://www.iana.org/assignments/iana-ipv6-special-registry */
const SPECIAL_IPV6: readonly Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

const listOf = (family: 'ipv4' | 'ipv6', subnets: readonly Subnet[]): BlockList => {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
};

const specialIpv4 = listOf('ipv4', SPECIAL_IPV4);
const specialIpv6 = listOf('ipv6', SPECIAL_IPV6);
const globalIpv6 = listOf('ipv6', [GLOBAL_IPV6]);

/** Whether an IP address belongs to the internet: none of this machine, of a private network or with a special use. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address);
  if (family === 4) return !specialIpv4.check(address, 'ipv4');
  return family === 6 && globalIpv6.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6');
};

/** @returns the refusal of an address that is none of the internet */
export const notPublic = (hostname: string, address: string): AppError =>
  new AppError('address-not-public', 403, `${hostname} lies at ${address}, which is no address of the internet`);

/**
 * Name resolution for requests to strangers. The connection goes to the very addresses that were looked at here, so that a name that
 * changes its address in between (DNS rebinding) leads nowhere; one address of a name that is not public refuses them all.
 *
 * @param resolve all addresses of a name; that of the system by default
 */
export const lookupPublic =
  (resolve: typeof systemLookup = systemLookup): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const wrong = addresses.find(({ address }) => !isPublicAddress(address));
      if (wrong !== undefined) return callback(notPublic(hostname, wrong.address), []);
      if (options.all === true) return callback(null, addresses);
      const [first] = addresses;
      return callback(null, first?.address ?? '', first?.family);
    });
  };

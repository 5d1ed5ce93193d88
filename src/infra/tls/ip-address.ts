import { isIPv6 } from 'node:net';

/** The one canonical spelling of an IP address: `0:0:0:0:0:0:0:1` becomes `::1`. @see RFC 5952 */
export const canonicalIp = (address: string): string => (isIPv6(address) ? new URL(`https://[${address}]`).hostname.slice(1, -1) : address);

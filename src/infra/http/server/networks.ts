import { BlockList, isIP } from 'node:net';
import { AppError } from '#infra/apperr/app-error.ts';

/** Whether an address lies in one of the networks; an IPv4 address may also be written as IPv6. */
export type Networks = (address: string | undefined) => boolean;

/**
 * @param texts address and length each, for example `10.0.0.0/8`
 * @param setting where they stand, for the error, for example `server.proxy_networks`
 * @throws AppError `config-invalid` for a text that is no network
 */
export const networksOf = (texts: readonly string[], setting: string): Networks => {
  const networks = new BlockList();
  for (const text of texts) {
    const [address = '', bits = ''] = text.split('/');
    const family = isIP(address);
    const length = Number(bits);
    if (family === 0 || !/^\d+$/.test(bits) || length > (family === 4 ? 32 : 128)) {
      throw new AppError('config-invalid', 400, `${setting}: ${text} is no network`, {
        fields: [{ field: `/${setting.replaceAll('.', '/')}`, message: `${text} is no network` }],
        fix: 'Write address and length, for example 10.0.0.0/8.',
      });
    }
    networks.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  }
  return (address = '') => {
    const family = isIP(address);
    return family !== 0 && networks.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
};

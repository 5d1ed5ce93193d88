import type { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { isPublicAddress, lookupPublic } from '#infra/http/client/public-addresses.ts';

describe('An address is of the internet', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '192.0.1.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001::1'])(
    '%s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

const WITHIN = `
  0.0.0.0 127.0.0.1 127.8.8.8 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 169.254.169.254
  192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255
  :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 fe80::1 fec0::1 fc00::1 fd12::1
  ff02::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 2620:4f:8000::1 100::1 5f00::1
  localhost 127.1 0x7f000001 2130706433
`;

describe('An address is not of the internet', () => {
  it.each(WITHIN.trim().split(/\s+/))('%s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

/** Names that resolve to these addresses. */
const names = (...addresses: readonly string[]): typeof lookup =>
  ((_name: string, _options: unknown, done: (error: null, found: object[]) => void) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as never;

const ask = (resolve: typeof lookup, all: boolean): Promise<unknown> =>
  new Promise((done, failed) => {
    lookupPublic(resolve)('rp.example', { all }, (error, ...found) => (error === null ? done(found) : failed(error)));
  });

describe('The lookup of public addresses', () => {
  it('gives the very addresses that it has looked at, all or the first', async () => {
    expect(await ask(names('1.1.1.1', '2606:4700::1'), true)).toEqual([
      [
        { address: '1.1.1.1', family: 4 },
        { address: '2606:4700::1', family: 6 },
      ],
    ]);
    expect(await ask(names('1.1.1.1'), false)).toEqual(['1.1.1.1', 4]);
  });

  it('refuses a name of which one address lies within, and says which', async () => {
    await expect(ask(names('1.1.1.1', '127.0.0.1'), true)).rejects.toMatchObject({
      code: 'address-not-public',
      message: 'rp.example lies at 127.0.0.1, which is no address of the internet',
    });
  });

  it('passes on that a name does not exist', async () => {
    const unknown = ((_name: string, _options: unknown, done: (error: Error, found: object[]) => void) =>
      done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), [])) as never;
    await expect(ask(unknown, true)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

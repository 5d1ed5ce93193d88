import { describe, expect, it } from 'vitest';
import { readFlags } from '#cli/settings/read-rows.ts';
import { SETTINGS } from '#cli/settings/settings.ts';

const hostsOf = (...host: string[]) => readFlags({ host: SETTINGS.host }, { host }, '/').host;

describe('--host', () => {
  it.each(['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '224.0.0.1', '239.1.2.3', 'ff02::1', '255.255.255.255', '::ffff:127.0.0.1', '::ffff:0:0'])(
    'refuses %s, which is no address of one interface, and says what to state in its place',
    (address) => {
      expect(() => hostsOf('kms.example.org', address)).toThrow(
        expect.objectContaining({
          code: 'usage',
          message: expect.stringContaining('--host must be names of hosts in lower case or IP addresses of one interface each') as string,
          fix: `Replace ${address} by each address under which callers reach this machine, for example 192.168.1.5.`,
        }) as Error,
      );
    },
  );

  it('takes names, and addresses of one interface in their short spelling', () => {
    const others = ['kms.example.org', '127.0.0.2', '192.168.1.5', '223.255.255.255', '0:0::1', 'fe80::1', '2001:db8::1'];
    expect(hostsOf(...others)).toEqual(others.with(4, '::1'));
  });

  it.each(['fe80::1%eth0', '10.0.0', 'Kms.test', 'https://kms.test'])('refuses %s, which is neither', (word) => {
    expect(() => hostsOf(word)).toThrow(expect.objectContaining({ fix: `Use ${SETTINGS.host.type.form}.` }) as Error);
  });
});

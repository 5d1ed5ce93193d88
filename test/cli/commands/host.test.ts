import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { demoPlace } from '#test/support/cli.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1') === true);
if (!hasIpv6) process.stderr.write('A demo is not asked at ::1: this machine has no IPv6\n');
const OTHER = '127.0.0.2';

describe('A demo with further names', () => {
  it('has them in its certificates, listens on them, and keeps them at the next start', async () => {
    await using place = await demoPlace();
    const caFile = join(place.stateDir, 'tls/ca.pem');
    const statuses = async (): Promise<Readonly<Record<string, number>>> => {
      await using client = createHttpsClient({ ca: await readFile(caFile, 'utf8') });
      const asked = ['localhost', OTHER, ...(hasIpv6 ? ['[::1]'] : [])].flatMap((host) => [
        `https://${host}:${place.ports.identity}/readyz`,
        `https://${host}:${place.ports.kms}/readyz`,
      ]);
      return Object.fromEntries(await Promise.all(asked.map(async (url) => [url, (await client.request({ url })).status] as const)));
    };
    const first = await place.run('demo', 'kms', '--host', OTHER, 'kms.example.org');
    expect([first.code, first.code === 0 ? '' : first.stderr]).toEqual([0, '']);
    expect(new Set(Object.values(await statuses()))).toEqual(new Set([200]));
    const ca = await readFile(caFile, 'utf8');

    const second = await place.run('demo', 'kms');
    expect([second.code, second.code === 0 ? '' : second.stderr]).toEqual([0, '']);
    expect(new Set(Object.values(await statuses()))).toEqual(new Set([200]));
    expect(await readFile(caFile, 'utf8')).toBe(ca);

    const third = await place.run('demo', 'kms', '--host', 'other.example.org');
    expect(third.code).toBe(0);
    expect(third.stderr).toContain('the CA was made anew, because the root certificate does not permit other.example.org');
    expect(await readFile(caFile, 'utf8')).not.toBe(ca);
  });
});

import { describe, expect, it } from 'vitest';
import { basic, kmsHouse, runKms } from '#test/kms/support/kms-server.ts';
import { balancerFor } from '#test/support/proxy-protocol.ts';

describe('a KMS behind a balancer that passes TLS through', () => {
  it('slows down who guesses passwords, and nobody else who comes over that balancer', async () => {
    await using house = await kmsHouse({ change: (config) => (config.server.proxy_networks = ['127.0.0.0/8']) });
    await using kms = await runKms(house);
    const port = Number(new URL(kms.url).port);
    await using attacker = await balancerFor('198.51.100.7', port);
    await using owner = await balancerFor('203.0.113.9', port);
    const logIn = async (through: { readonly port: number }, password: string) => {
      const client = await house.client();
      const url = `https://localhost:${through.port}/service/api/v1/elastic-keys`;
      return (await client.request({ url, headers: basic('demo-user', password), timeoutMs: 30_000 })).status;
    };
    const guesses = await Promise.all(Array.from({ length: 16 }, (_, guess) => logIn(attacker, `guess-${guess}`)));
    expect(new Set(guesses)).toEqual(new Set([401, 429]));
    expect(await logIn(owner, 'demo-user-password')).toBe(200);
  });
});

import { randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import { bearer, kmsHouse, runKms } from '#test/kms/support/kms-server.ts';

it('A JWKS of more than 256 KiB is no JWKS: its tokens are neither good nor bad', async () => {
  await using house = await kmsHouse();
  await using kms = await runKms(house);
  const tenant = (await kms.tenants())['demo'] ?? '';
  house.issuer.jwks = { keys: [house.issuer.publicKeys[0]], filling: randomUUIDv7().repeat(8_000) };
  const answer = await kms.send('/service/api/v1/elastic-keys', { headers: bearer(await house.issuer.token(tenant)) });
  expect(answer.json()).toMatchObject({
    status: 503,
    code: 'identity-unavailable',
    detail: expect.stringContaining('larger than') as string,
  });
});

import { expect, it } from 'vitest';
import { kmsOfIdentity } from '#test/kms/support/kms-of-identity.ts';

it('A KMS without the feed refuses what a withdrawn key signed once it has fetched the keys anew, and takes the new key at once', async () => {
  const clock = { skew: 0 };
  await using world = await kmsOfIdentity({ elapsed: () => performance.now() + clock.skew });
  const [token, bystander] = [await world.newToken(), await world.newToken()];
  expect((await world.encrypt(token)).status).toBe(200);
  const [encoded = ''] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as { kid: string };
  expect((await world.identity.admin(`/admin/v1/signing-keys/${kid}/withdrawal`, { method: 'POST' })).status).toBe(200);

  // Where secret keys are used, the KMS asks Identity, which knows at once.
  expect((await world.decrypt(bystander)).status).toBe(401);
  clock.skew = world.issuer.jwks_ttl_seconds * 1_000;
  expect([(await world.encrypt(token)).status, (await world.encrypt(bystander)).status]).toEqual([401, 401]);
  const next = await world.newToken();
  expect([(await world.encrypt(next)).status, (await world.decrypt(next)).status]).toEqual([200, 200]);

  // The first token of a key that the KMS does not know makes it fetch the keys, long before they are old.
  const second = JSON.parse(Buffer.from(next.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
  await world.identity.admin(`/admin/v1/signing-keys/${second.kid}/withdrawal`, { method: 'POST' });
  clock.skew += 60_000;
  expect((await world.encrypt(await world.newToken())).status).toBe(200);
  expect((await world.encrypt(next)).status).toBe(401);
});

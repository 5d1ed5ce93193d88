import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Observation } from '#infra/telemetry/telemetry.ts';
import { kmsOfIdentity } from '#test/kms/support/kms-of-identity.ts';

type World = Awaited<ReturnType<typeof kmsOfIdentity>>;

const feedState = async ({ kms }: World): Promise<unknown> =>
  (await kms.send('/readyz')).json<{ dependencies: Record<string, { state: string }> }>().dependencies['identity-feed']?.state;
const current = async (world: World): Promise<void> => {
  await expect.poll(() => feedState(world), { timeout: 5_000, interval: 20 }).toBe('up');
};

describe('A KMS that Identity tells of revocations', () => {
  const gauges = new Map<string, () => readonly Observation[]>();
  const clock = { skew: 0 };
  let world: World;
  /** Requests of the KMS that ask about a token. */
  let asked = 0;
  beforeAll(async () => {
    const telemetry = {
      ...noTelemetry(),
      gauge: (name: string, _: unknown, look: () => readonly Observation[]) => void gauges.set(name, look),
    };
    world = await kmsOfIdentity({ revocation: 'feed', telemetry, elapsed: () => performance.now() + clock.skew });
    world.identity.identity.app.server.on('request', ({ url = '' }) => void (asked += Number(url.startsWith('/oauth2/introspect'))));
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('refuses a revoked token within a second, and asks about none', async () => {
    await current(world);
    const [token, bystander] = [await world.newToken(), await world.newToken()];
    asked = 0;
    expect((await world.decrypt(token)).status).toBe(200);
    const { status } = await world.revoke(token);
    const revokedAt = performance.now();
    await expect.poll(async () => (await world.decrypt(token)).status, { timeout: 1_000, interval: 10 }).toBe(401);
    expect([status, performance.now() - revokedAt < 1_000]).toEqual([200, true]);
    expect((await world.encrypt(token)).json()).toMatchObject({ code: 'token-invalid', detail: 'The token was revoked' });
    expect((await world.decrypt(bystander)).status).toBe(200);
    expect(asked).toBe(0);
  });

  it('refuses what a withdrawn signing key signed, and hears of it under the new key', async () => {
    const token = await world.newToken();
    expect((await world.decrypt(token)).status).toBe(200);
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
    expect((await world.identity.admin(`/admin/v1/signing-keys/${kid}/withdrawal`, { method: 'POST' })).status).toBe(200);
    await expect.poll(async () => (await world.decrypt(token)).status, { timeout: 5_000, interval: 20 }).toBe(401);
    await current(world);
    expect((await world.decrypt(await world.newToken())).status).toBe(200);
  });

  it('shows in its metrics that the feed is up to date, and how much it remembers', () => {
    expect(gauges.get('passthru.kms.revocation_feed.current')?.()).toMatchObject([
      { value: 1, attributes: { issuer: world.issuer.issuer } },
    ]);
    expect(gauges.get('passthru.kms.revocation_feed.entries')?.()[0]?.value).toBeGreaterThanOrEqual(2);
  });

  it('goes on without Identity for as long as it states, then says so: at once where secret keys are used, later for the rest', async () => {
    const token = await world.newToken();
    expect([(await world.decrypt(token)).status, (await world.encrypt(token)).status]).toEqual([200, 200]);
    const { app, feed } = world.identity.identity;
    await Promise.all([app.close(), feed?.close()]);
    expect([(await world.decrypt(token)).status, (await world.encrypt(token)).status]).toEqual([200, 200]);

    clock.skew = 4_000;
    const refused = await world.decrypt(token);
    expect([refused.status, refused.json()]).toEqual([503, expect.objectContaining({ code: 'identity-unavailable' })]);
    expect(refused.headers['retry-after']).toBe('2');
    expect((await world.encrypt(token)).status).toBe(200);
    expect((await world.kms.sendAdmin('/readyz')).json()).toMatchObject({ dependencies: { 'identity-feed': { required: false } } });
    await expect.poll(() => feedState(world), { timeout: 5_000, interval: 20 }).toBe('down');
    expect(gauges.get('passthru.kms.revocation_feed.current')?.()[0]?.value).toBe(0);

    clock.skew = 900_000;
    expect((await world.encrypt(token)).json()).toMatchObject({ code: 'identity-unavailable' });
  });
});

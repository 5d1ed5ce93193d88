import type { Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Logout } from '#identity/logouts/logouts.ts';
import { putLogoutsOff } from '#identity/provider/seams/backchannel-logout.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

const LOGOUT: Logout = { clientId: 'bare-client', accountId: 'account', sid: 'session' };

/** What the end of a session calls. */
const endOf = async (provider: Provider): Promise<void> => {
  const client = (await provider.Client.find('bare-client')) as unknown as { backchannelLogout(sub: string, sid: string): Promise<void> };
  await client.backchannelLogout('account', 'session');
};

/** oidc-provider as it comes, whose client answers with this status. */
const bareWith = async (status: number) => {
  const posted: string[] = [];
  const bare = await startBareProvider({
    client: aBareClient({ backchannel_logout_uri: 'https://client.passthru.example/log-out', backchannel_logout_session_required: true }),
    configuration: {
      features: { backchannelLogout: { enabled: true } },
      fetch: async (_url, init) => {
        posted.push(String(init?.body));
        return new Response(null, { status });
      },
    },
  });
  return { ...bare, posted };
};

test('oidc-provider tells a client at once, and once', async () => {
  await using bare = await bareWith(503);

  await expect(endOf(bare.provider)).rejects.toThrow(/got: 503/);
  expect(bare.posted).toHaveLength(1);
});

test('with the seam the log-out is noted, and a client is asked when it is told to', async () => {
  await using bare = await bareWith(200);
  const noted: Logout[] = [];
  const tell = putLogoutsOff(bare.provider, async (logout) => void noted.push(logout), noTelemetry().log);

  await endOf(bare.provider);
  expect([noted, bare.posted]).toEqual([[LOGOUT], []]);
  expect(await tell(LOGOUT)).toBe('told');
  expect(bare.posted).toEqual([expect.stringMatching(/^logout_token=eyJ/)]);
  expect(await tell({ ...LOGOUT, clientId: 'unknown' })).toBe('nobody');
});

test.each([
  [400, { refused: true, cause: expect.stringContaining('got: 400') }],
  [502, { refused: false, cause: expect.stringContaining('got: 502') }],
])('with the seam an answer of %i is told apart', async (status, answer) => {
  await using bare = await bareWith(status);

  expect(await putLogoutsOff(bare.provider, async () => {}, noTelemetry().log)(LOGOUT)).toEqual(answer);
});

test('with the seam a log-out that cannot be written down is told in the log', async () => {
  await using bare = await bareWith(200);
  const told: string[] = [];
  putLogoutsOff(bare.provider, () => Promise.reject(new Error('the database is down')), { error: (message) => void told.push(message) });

  await endOf(bare.provider);
  expect(told).toEqual(['bare-client will not be told of a log-out, which could not be written down: the database is down']);
});

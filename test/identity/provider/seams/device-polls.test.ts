import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { DEVICE_GRANT } from '#identity/clients/client.ts';
import { paceDevices } from '#identity/provider/seams/device-polls.ts';
import { aBareClient, type BareProvider, startBareProvider } from './bare-provider.ts';

const options = { client: aBareClient({ grant_types: [DEVICE_GRANT] }), configuration: { features: { deviceFlow: { enabled: true } } } };

const answersOf = async (bare: BareProvider) => {
  const codes = (await (await bare.post('/device/auth', {})).json()) as Record<string, string>;
  const form = { grant_type: DEVICE_GRANT, device_code: codes['device_code'] ?? '' };
  const ask = async () => ((await (await bare.post('/token', form)).json()) as { error: string }).error;
  return { interval: codes['interval'], asked: [form.device_code], errors: [await ask(), await ask()] };
};

test('oidc-provider says no interval and slows nobody down', async () => {
  await using bare = await startBareProvider(options);

  expect(await answersOf(bare)).toMatchObject({ interval: undefined, errors: ['authorization_pending', 'authorization_pending'] });
});

test('with the seam a device hears how often it may ask, and that it asks too often', async () => {
  const asked: string[] = [];
  const polls = { intervalSeconds: 7, isTooSoon: (code: string) => asked.push(code) > 1 };
  const install = (provider: Provider): void => {
    provider.use(async (context, next) => {
      await next();
      paceDevices(context as unknown as KoaContextWithOIDC, polls);
    });
  };
  await using mended = await startBareProvider({ ...options, install });

  const { asked: sent, ...answers } = await answersOf(mended);

  expect(answers).toEqual({ interval: 7, errors: ['authorization_pending', 'slow_down'] });
  expect(asked).toEqual([...sent, ...sent]);
});

import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { DEVICE_GRANT } from '#identity/clients/client.ts';
import { createCurrentRequest } from '#identity/provider/seams/current-request.ts';
import { keepDeviceReferences } from '#identity/provider/seams/device-references.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

test('with the seam a device that sends a reference has sent nothing', async () => {
  const install = (provider: Provider): void => {
    const current = createCurrentRequest();
    keepDeviceReferences(provider, current, (value) => value === 'a-reference');
    provider.use((context, next) => current.run(context as unknown as KoaContextWithOIDC, next));
  };
  const options = { client: aBareClient({ grant_types: [DEVICE_GRANT] }), configuration: { features: { deviceFlow: { enabled: true } } } };
  await using bare = await startBareProvider(options);
  await using mended = await startBareProvider({ ...options, install });

  const answers = await Promise.all(
    [bare, mended].map(async ({ provider, post }) => {
      const client = await provider.Client.find('bare-client');
      await new provider.DeviceCode({ client, jti: 'a-reference', params: {}, userCode: 'BBBBBBBB' } as never).save();
      const answer = await post('/token', { grant_type: DEVICE_GRANT, device_code: 'a-reference' });
      return ((await answer.json()) as { error: string }).error;
    }),
  );

  expect(answers).toEqual(['authorization_pending', 'invalid_grant']);
});

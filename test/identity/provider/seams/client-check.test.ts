import { expect, test } from 'vitest';
import { checkClientMetadata } from '#identity/provider/seams/client-check.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

test('oidc-provider checks metadata of a client by a static method, which finds what a request would', async () => {
  await using bare = await startBareProvider();

  await expect(checkClientMetadata(bare.provider, aBareClient())).resolves.toBeUndefined();
  await expect(checkClientMetadata(bare.provider, aBareClient({ redirect_uris: ['no address'] }))).rejects.toMatchObject({
    code: 'client-refused',
    status: 400,
    message: expect.stringContaining('redirect_uris') as string,
  });
});

import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { DEVICE_GRANT } from '#identity/clients/client.ts';
import { noteAddress } from '#identity/provider/seams/client-secret.ts';
import { limitUserCodes } from '#identity/provider/seams/user-codes.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

test('with the seam each code that is entered is paid, and the price of one that there is given back', async () => {
  const paid: string[] = [];
  const guesses = {
    pay: (address: string) => void paid.push(`pays ${address}`),
    giveBack: (address: string) => void paid.push(`gets back ${address}`),
  };
  const install = (provider: Provider): void => {
    limitUserCodes(provider, guesses);
    provider.use(async (context, next) => {
      noteAddress(context as unknown as KoaContextWithOIDC);
      await next();
    });
  };
  const client = aBareClient({ grant_types: [DEVICE_GRANT] });
  await using bare = await startBareProvider({ client, configuration: { features: { deviceFlow: { enabled: true } } }, install });
  const { user_code: code = '' } = (await (await bare.post('/device/auth', {})).json()) as Record<string, string>;
  const page = await bare.send('/device');
  const xsrf = /name="xsrf" value="([0-9a-f]+)"/.exec(await page.text())?.[1] ?? '';
  const cookie = page.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const enter = async (userCode: string): Promise<string> => {
    const body = new URLSearchParams({ xsrf, user_code: userCode });
    return (await bare.send('/device', { method: 'POST', body, headers: { cookie } })).text();
  };

  expect(await enter(code)).toContain('Confirm Device');
  expect(paid).toEqual(['pays 127.0.0.1', 'gets back 127.0.0.1']);
  await enter('BBBB-BBBB');
  expect(paid.slice(2)).toEqual(['pays 127.0.0.1']);
});

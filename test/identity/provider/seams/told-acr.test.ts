import type { Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { tellAcr } from '#identity/provider/seams/told-acr.ts';
import { startBareProvider } from './bare-provider.ts';

/** What the checks and codes of a request read. */
const acrOfRequest = async (install?: (provider: Provider) => void): Promise<string | undefined> => {
  await using bare = await startBareProvider(install && { install });
  const { OIDCContext } = bare.provider as unknown as {
    OIDCContext: new (ctx: object) => { acr?: string; session?: object; claims?: object };
  };
  const oidc = new OIDCContext({ req: { url: '/' }, request: {} });
  return Object.assign(oidc, { session: { acr: 'high' }, claims: { id_token: { acr: { values: ['low'] } } } }).acr;
};

test('oidc-provider says of a request the acr of the session, whatever was asked for', async () => {
  expect(await acrOfRequest()).toBe('high');
});

test('with the seam it says what is told for that, by what was asked for', async () => {
  const install = (provider: Provider) => tellAcr(provider, (acr, { claims }) => `${acr} for ${String(claims?.id_token?.acr?.values)}`);
  expect(await acrOfRequest(install)).toBe('high for low');
});

import type { Provider } from 'oidc-provider';
import { expect, test, vi } from 'vitest';
import { spareFamilies } from '#identity/provider/seams/spared-families.ts';
import { startBareProvider } from './bare-provider.ts';
import { refreshingClient as client, tokensFor, withResource } from './refreshed-tokens.ts';

const { features, ...others } = withResource;
const configuration = { ...others, features: { ...features, revocation: { enabled: true } } };

/** Whether the family ends with a token of it that is revoked. */
const endsFamily = async (kind: 'access_token' | 'refresh_token', install: (provider: Provider) => void): Promise<boolean> => {
  await using bare = await startBareProvider({ configuration, client, install });
  const tokens = await tokensFor(bare, { openid: 'openid offline_access', resource: 'one:read' });
  const families = vi.spyOn(bare.provider.RefreshToken, 'revokeByGrantId');
  const before = bare.stored('AccessToken').length + bare.stored('RefreshToken').length;

  expect((await bare.post('/token/revocation', { token: String(tokens[kind]) })).status).toBe(200);
  expect(bare.stored('AccessToken').length + bare.stored('RefreshToken').length).toBe(before - 1);
  return families.mock.calls.length > 0;
};

test('oidc-provider ends the tokens of the family with an access token that is revoked', async () => {
  expect(await endsFamily('access_token', () => {})).toBe(true);
});

test('with the seam an access token ends alone, and a refresh token with its family', async () => {
  expect(await endsFamily('access_token', spareFamilies)).toBe(false);
  expect(await endsFamily('refresh_token', spareFamilies)).toBe(true);
});

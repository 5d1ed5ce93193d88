import { decodeJwt } from 'jose';
import type { Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { completeIdTokens } from '#identity/provider/seams/id-token-claims.ts';
import { startBareProvider } from './bare-provider.ts';
import { refresh, refreshingClient as client, tokensFor, withResource as configuration } from './refreshed-tokens.ts';

const granted = { openid: 'openid', resource: 'one:read', more: { nonce: 'once', authTime: 1_700_000_000, amr: ['pwd'] } };

/** The claims of the first ID token, and of that of a refresh. */
const claimsOf = async (install?: (provider: Provider) => void) => {
  await using bare = await startBareProvider({ configuration, client, ...(install && { install }) });
  const tokens = await tokensFor(bare, granted);
  const again = await refresh(bare, tokens);
  return [tokens, again].map(({ id_token: token }) => decodeJwt(String(token)));
};

test('oidc-provider says neither when nor how a person logged in, and repeats the nonce in a refresh', async () => {
  const [first, refreshed] = await claimsOf();

  expect(first).not.toHaveProperty('auth_time');
  expect(first).not.toHaveProperty('amr');
  expect([first?.['nonce'], refreshed?.['nonce']]).toEqual(['once', 'once']);
});

test('with the seam each ID token says both, and that of a refresh has no nonce', async () => {
  const [first, refreshed] = await claimsOf(completeIdTokens);

  expect(first).toMatchObject({ nonce: 'once', auth_time: 1_700_000_000, amr: ['pwd'] });
  expect(refreshed).toMatchObject({ auth_time: 1_700_000_000, amr: ['pwd'] });
  expect(refreshed).not.toHaveProperty('nonce');
});

import { expect, test } from 'vitest';
import { keepOpenidScopes } from '#identity/provider/seams/openid-scopes.ts';
import { startBareProvider } from './bare-provider.ts';
import { refresh, refreshingClient as client, tokensFor, withResource as configuration } from './refreshed-tokens.ts';

const granted = { openid: 'openid offline_access', resource: 'one:read' };

test('oidc-provider leaves a token for a resource server no scope of OpenID Connect', async () => {
  await using bare = await startBareProvider({ configuration, client });

  expect(await tokensFor(bare, granted)).toMatchObject({ scope: 'one:read' });
});

test('with the seam the token and the answer keep those that were granted, and after a refresh those that it asks for', async () => {
  await using bare = await startBareProvider({ configuration, client, install: keepOpenidScopes });
  const tokens = await tokensFor(bare, granted);

  expect(tokens).toMatchObject({ scope: 'openid offline_access one:read' });
  expect(bare.stored('AccessToken')[0]).toMatchObject({ scope: 'openid offline_access one:read', aud: 'urn:passthru:one' });
  const again = await refresh(bare, tokens);
  expect(again).toMatchObject({ scope: 'openid offline_access one:read' });
  expect(await refresh(bare, again, 'one:read')).toMatchObject({ scope: 'one:read' });
});

import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { rememberAskedScopes } from '#identity/provider/seams/asked-scopes.ts';
import { createCurrentRequest } from '#identity/provider/seams/current-request.ts';
import { startBareProvider } from './bare-provider.ts';
import { refresh, refreshingClient as client, tokensFor, withResource as configuration } from './refreshed-tokens.ts';

const install = (provider: Provider): void => {
  const current = createCurrentRequest();
  rememberAskedScopes(provider, current);
  provider.use((ctx, next) => current.run(ctx as unknown as KoaContextWithOIDC, next));
};

const granted = { openid: 'openid', resource: 'one:read', asked: 'openid one:read one:write' };

test('oidc-provider refuses to refresh with a scope that was asked for and not granted', async () => {
  await using bare = await startBareProvider({ configuration, client });

  expect(await refresh(bare, await tokensFor(bare, granted), granted.asked)).toMatchObject({ error: 'invalid_scope' });
});

test('with the seam that works, again and again, and gives what was granted', async () => {
  await using bare = await startBareProvider({ configuration, client, install });

  let tokens = await tokensFor(bare, granted);
  for (let round = 0; round < 3; round += 1) {
    tokens = await refresh(bare, tokens, granted.asked);
    expect(tokens).toMatchObject({ scope: 'one:read' });
  }
});

test('a scope that was never asked for is refused still, and so is one that leaves nothing', async () => {
  await using bare = await startBareProvider({ configuration, client, install });
  const tokens = await tokensFor(bare, granted);

  expect(await refresh(bare, tokens, 'openid one:read other:read')).toMatchObject({ error: 'invalid_scope', scope: 'other:read' });
  expect(await refresh(bare, tokens, 'one:write')).toMatchObject({ error: 'invalid_scope', scope: 'one:write' });
});

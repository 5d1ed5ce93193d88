import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { expect, test } from 'vitest';
import { createCurrentRequest } from '#identity/provider/seams/current-request.ts';
import { rotateRefreshTokens, type RotatedToken, type RefreshRule } from '#identity/provider/seams/refresh-rotation.ts';
import { startBareProvider } from './bare-provider.ts';
import { refresh, refreshingClient as client, tokensFor, withResource } from './refreshed-tokens.ts';

const configuration = { ...withResource, rotateRefreshToken: true };
const granted = { openid: 'openid', resource: 'one:read' };

const installed =
  (rotate: RefreshRule['rotate'], rotatesFor: RefreshRule['rotatesFor'] = () => true) =>
  (provider: Provider) => {
    const current = createCurrentRequest();
    rotateRefreshTokens(provider, current, { rotatesFor, rotate });
    provider.use((ctx, next) => current.run(ctx as unknown as KoaContextWithOIDC, next));
  };

test('oidc-provider gives each successor a value by chance', async () => {
  await using bare = await startBareProvider({ configuration, client });
  const tokens = await tokensFor(bare, granted);

  const [one, other] = [await refresh(bare, tokens), await refresh(bare, tokens)];

  expect(String(one['refresh_token'])).toMatch(/^[\w-]{43}$/);
  expect(other['refresh_token']).not.toBe(one['refresh_token']);
});

test('with the seam the successor has the value that our rule names, and a token of a code still has one by chance', async () => {
  const used: string[] = [];
  const rotate = async ({ jti }: RotatedToken): Promise<string> => {
    used.push(jti);
    return `successor-of-${jti}`;
  };
  await using bare = await startBareProvider({ configuration, client, install: installed(rotate) });
  const tokens = await tokensFor(bare, granted);

  const answer = await refresh(bare, tokens);

  const token = String(tokens['refresh_token']);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect([used, answer['refresh_token']]).toEqual([[token], `successor-of-${token}`]);
});

test('oidc-provider ends a grant whose refresh token was used; with the seam our rule decides that, and its refusal is the answer', async () => {
  const consumed = { ...granted };
  await using plain = await startBareProvider({ configuration, client });
  const spend = async (bare: typeof plain): Promise<Readonly<Record<string, unknown>>> => {
    const tokens = await tokensFor(bare, consumed);
    for (const payload of bare.stored('RefreshToken')) Object.assign(payload, { consumed: 1 });
    return refresh(bare, tokens);
  };
  expect(await spend(plain)).toMatchObject({ error: 'invalid_grant' });

  await using kind = await startBareProvider({ configuration, client, install: installed(async () => 'a-successor') });
  expect(await spend(kind)).toMatchObject({ refresh_token: 'a-successor' });

  const refusal = installed(() => Promise.reject(new errors.InvalidGrant('ours')));
  await using strict = await startBareProvider({ configuration, client, install: refusal });
  expect(await spend(strict)).toMatchObject({ error: 'invalid_grant' });

  const never = () => false;
  await using kept = await startBareProvider({ configuration, client, install: installed(async () => 'a-successor', never) });
  expect(await spend(kept)).toMatchObject({ error: 'invalid_grant' });
});

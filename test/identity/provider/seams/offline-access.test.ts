import { expect, test } from 'vitest';
import { keepOfflineAccess } from '#identity/provider/seams/offline-access.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

const client = (grants: readonly string[]) =>
  aBareClient({ grant_types: ['authorization_code', ...grants], scope: 'openid offline_access' });

/** The scope with which an authorization request waits for a person. */
const waitingScope = async (
  asked: string,
  {
    seam,
    grants = ['refresh_token'],
    prompt = '',
  }: { readonly seam: boolean; readonly grants?: readonly string[]; readonly prompt?: string },
): Promise<unknown> => {
  await using bare = await startBareProvider({ client: client(grants), ...(seam && { install: keepOfflineAccess }) });
  const query = new URLSearchParams({
    client_id: 'bare-client',
    response_type: 'code',
    redirect_uri: 'https://client.passthru.example/callback',
    scope: asked,
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
    ...(prompt !== '' && { prompt }),
  });
  const { status } = await bare.send(`/auth?${query.toString()}`);
  expect(status).toBe(303);
  return (bare.stored('Interaction')[0]?.params as { scope?: string } | undefined)?.scope;
};

test('oidc-provider takes offline_access out of a request that does not say prompt=consent, and tells nobody', async () => {
  expect(await waitingScope('openid offline_access', { seam: false })).toBe('openid');
  expect(await waitingScope('openid offline_access', { seam: false, prompt: 'consent' })).toBe('openid offline_access');
});

test('with the seam it stays, once, and other scopes are as they were', async () => {
  expect(await waitingScope('openid offline_access', { seam: true })).toBe('openid offline_access');
  expect(await waitingScope('openid offline_access offline_access', { seam: true, prompt: 'consent' })).toBe('openid offline_access');
  expect(await waitingScope('openid', { seam: true })).toBe('openid');
});

test('a client that may not refresh does not get it', async () => {
  expect(await waitingScope('openid offline_access', { seam: true, grants: [] })).toBe('openid');
});

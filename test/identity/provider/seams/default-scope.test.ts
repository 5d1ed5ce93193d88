import type { Configuration } from 'oidc-provider';
import { expect, test } from 'vitest';
import { defaultScopeOfClientCredentials } from '#identity/provider/seams/default-scope.ts';
import { startBareProvider } from './bare-provider.ts';

const configuration: Configuration = {
  features: {
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:passthru:one',
      getResourceServerInfo: (_ctx, resource) => ({ scope: 'one:read one:write', audience: resource, accessTokenFormat: 'opaque' }),
    },
  },
};

const scopeOf = async (answer: Promise<Response>): Promise<unknown> => ((await (await answer).json()) as { scope?: string }).scope;

test('oidc-provider gives client credentials without scope a token without scope', async () => {
  await using bare = await startBareProvider({ configuration });

  expect(Object.hasOwn(bare.provider.OIDCContext.prototype, 'entity')).toBe(true);
  expect(await scopeOf(bare.post('/token', { grant_type: 'client_credentials' }))).toBeUndefined();
});

test('with the seam they get the default scope of their client at the resource that they name, and a scope that they name stays', async () => {
  const asked: unknown[] = [];
  await using bare = await startBareProvider({
    configuration,
    install: (provider) =>
      defaultScopeOfClientCredentials(provider, (client, resource) => {
        asked.push([client.clientId, resource]);
        return 'one:read';
      }),
  });
  const ask = (form: Readonly<Record<string, string>>) => scopeOf(bare.post('/token', { grant_type: 'client_credentials', ...form }));

  expect(await ask({})).toBe('one:read');
  expect(await ask({ resource: 'urn:passthru:two' })).toBe('one:read');
  expect(await ask({ scope: 'one:write' })).toBe('one:write');
  expect(asked).toEqual([
    ['bare-client', undefined],
    ['bare-client', 'urn:passthru:two'],
  ]);
});

test('a request of another grant or to another endpoint is left alone', async () => {
  const asked: unknown[] = [];
  await using bare = await startBareProvider({
    configuration,
    install: (provider) => defaultScopeOfClientCredentials(provider, (client) => void asked.push(client)),
  });

  await bare.post('/token', { grant_type: 'authorization_code', code: 'none' });
  await bare.post('/token/introspection', { token: 'none', grant_type: 'client_credentials' });

  expect(asked).toEqual([]);
});

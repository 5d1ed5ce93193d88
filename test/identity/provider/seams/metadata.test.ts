import type { KoaContextWithOIDC } from 'oidc-provider';
import { expect, test } from 'vitest';
import { completeMetadata } from '#identity/provider/features/discovery.ts';
import { changeMetadata } from '#identity/provider/seams/metadata.ts';
import { startBareProvider } from './bare-provider.ts';

const PATHS = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

test.each(PATHS)('oidc-provider says at %s more response modes than ours and no scope of a resource server', async (path) => {
  await using bare = await startBareProvider();

  const metadata = (await (await bare.send(path)).json()) as Record<string, unknown>;

  expect(metadata.response_modes_supported).toEqual(expect.arrayContaining(['query', 'fragment']));
  expect(metadata.scopes_supported).not.toContain('one:read');
});

test.each(PATHS)('with the seam %s says what clients of ours may do, and every scope once', async (path) => {
  await using bare = await startBareProvider({
    install: (provider) =>
      void provider.use(async (context, next) => {
        await next();
        changeMetadata(context as unknown as KoaContextWithOIDC, (metadata) =>
          completeMetadata(metadata, {
            issuer: 'https://identity.example',
            resourceScopes: ['one:read', 'openid'],
            certificates: true,
            registration: false,
          }),
        );
      }),
  });

  const metadata = (await (await bare.send(path)).json()) as Record<string, unknown>;
  const jwks = (await (await bare.send('/jwks')).json()) as Record<string, unknown>;

  expect(metadata).toMatchObject({ issuer: expect.any(String) as string, response_modes_supported: ['query', 'form_post'] });
  expect(metadata.introspection_batch_endpoint).toBe('https://identity.example/oauth2/introspect/batch');
  expect(metadata.scopes_supported).toEqual(['openid', 'offline_access', 'one:read']);
  expect(Object.keys(jwks)).toEqual(['keys']);
});

import type { Configuration } from 'oidc-provider';
import { expect, test } from 'vitest';
import { createConfiguration } from '#identity/provider/configuration.ts';
import { createCookieKeys } from '#identity/provider/cookie-keys.ts';
import type { Feature } from '#identity/provider/features/feature.ts';
import { createFeatures } from '#identity/provider/features.ts';
import { KMS_SERVER } from '#test/identity/support/identity-provider.ts';

const features = createFeatures({
  accounts: { find: async () => undefined },
  clients: { find: async () => undefined },
  cookieKey: 'a key of a cookie, long enough for every check',
  dpopNonces: 'offered',
  issuer: 'https://localhost:8082',
  openDeviceCode: () => {},
  now: Date.now,
  resourceServers: [KMS_SERVER],
  signingKid: 'k-1',
});

const configurationOf = (parts: readonly Feature[]) =>
  createConfiguration({
    algorithms: ['ES256'],
    issuer: 'https://localhost:8082',
    adapter: Set as never,
    accounts: { find: async () => undefined },
    cookieKeys: createCookieKeys(['a key of a cookie, long enough for every check']),
    corsOrigins: [],
    features: parts,
    fetch: () => Promise.reject(new Error('nothing is fetched here')),
    interactionPath: () => '/',
    openInteractions: { open: () => 0 },
    signingKeys: [{ kty: 'EC' }],
  });

test('has the common part and that of every feature', () => {
  const configuration = configurationOf(features);

  expect(configuration).toMatchObject({ clockTolerance: 10, features: { dPoP: { enabled: true }, introspection: { enabled: true } } });
  for (const part of features) expect(configuration).toMatchObject(part.configuration);
});

test.each([
  ['another feature', 'pkce', { pkce: { required: () => false } }],
  ['the common part', 'clockTolerance', { clockTolerance: 60 }],
  ['another feature, in a member that is merged', 'ttl.AccessToken', { ttl: { AccessToken: 60 } }],
  ['the common part, in a member that is merged', 'features.dPoP', { features: { dPoP: { enabled: true } } }],
])('no feature sets what is set by %s already', (_by, member, configuration: Configuration) => {
  expect(() => configurationOf([...features, { configuration }])).toThrow(`two parts of the provider's configuration set ${member}`);
});

test('no two features open the same endpoint', () => {
  const paths = features.flatMap(({ endpoints = [] }) => endpoints.map(({ path }) => path));

  expect(paths).toContain('/oauth2/token');
  expect(new Set(paths).size).toBe(paths.length);
});

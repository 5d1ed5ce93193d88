import { describe, expect, it } from 'vitest';
import { clientIssues } from '#identity/clients/client-rules.ts';
import { aClient, aServiceClient } from '#test/identity/support/identity-provider.ts';

type Change = Parameters<typeof aClient>[0];
const web = (change: Change = {}) =>
  aClient({
    applicationType: 'web',
    authMethod: 'client_secret_basic',
    redirectUris: ['https://app.example/callback'],
    postLogoutRedirectUris: [],
    ...change,
  });
const issuesOf = (client: ReturnType<typeof aClient>) =>
  clientIssues(client, { hasSecret: client.authMethod !== 'none', pointer: (field) => `/${field}` });
const fieldsOf = (client: ReturnType<typeof aClient>) => issuesOf(client).map(({ field }) => field);

describe('Rules of clients', () => {
  it('refuse nothing of a web, a native, a browser and a service client that work', () => {
    const works = [
      web(),
      web({ redirectUris: ['http://localhost:3000/cb', 'http://127.0.0.1:8080/', 'https://app.example/cb?tenant=a'] }),
      web({ authMethod: 'none', corsOrigins: ['https://app.example', 'http://localhost:5173'] }),
      web({ firstParty: true }),
      web({ firstParty: true, redirectUris: ['http://localhost:3000/cb'] }),
      web({ firstParty: true, authMethod: 'none' }),
      web({ requiresPkce: false }),
      aClient(),
      aClient({ redirectUris: ['http://[::1]/cb', 'http://localhost:3000/cb', 'org.example.app:/cb', 'https://app.example/cb'] }),
      aServiceClient(),
    ];
    expect(works.map(fieldsOf)).toEqual(works.map(() => []));
  });

  it('refuse to tell log-outs to a client to which nobody logs in', () => {
    const backchannelLogout = { uri: 'https://app.example/log-out', sessionRequired: false };

    expect([web({ backchannelLogout }), aServiceClient({ backchannelLogout })].map(fieldsOf)).toEqual([[], ['/backchannel_logout_uri']]);
  });

  it.each([
    ['a fragment', 'https://app.example/cb#here', 'has a fragment'],
    ['an empty fragment', 'https://app.example/cb#', 'has a fragment'],
    ['a wildcard in its host', 'https://*.app.example/cb', 'has a *'],
    ['a wildcard in its path', 'https://app.example/*', 'has a *'],
    ['http to another machine', 'http://app.example/cb', 'goes over http'],
    ['a name that begins like a loopback address', 'http://127.0.0.1.example/cb', 'goes over http'],
    ['a user', 'https://app@evil.example/cb', 'holds a user name'],
    ['a scheme of an application', 'org.example.app:/cb', 'has the scheme org.example.app'],
    ['a script', 'javascript:alert(1)', 'has the scheme javascript'],
    ['no host', 'https://', 'is no absolute URI'],
  ])('refuse %s in an address of a web application, and name the address', (_what, uri, message) => {
    for (const [member, field] of [
      ['redirectUris', '/redirect_uris/1'],
      ['postLogoutRedirectUris', '/post_logout_redirect_uris/1'],
    ] as const) {
      const issues = issuesOf(web({ [member]: ['https://app.example/first', uri] }));
      expect(issues).toEqual([{ field, message: expect.stringContaining(message) as string, fix: expect.any(String) as string }]);
    }
  });

  it.each([
    ['a port at a loopback address, where any is good', 'http://127.0.0.1:8080/cb', 'names a port'],
    ['the same in IPv6', 'http://[::1]:8080/cb', 'names a port'],
    ['http to another machine', 'http://app.example/cb', 'goes over http'],
    ['https at a loopback address', 'https://localhost/cb', 'is https at a loopback address'],
    ['a scheme that others have, too', 'myapp:/cb', 'has the scheme myapp'],
    ['a script', 'javascript:alert(document.domain)', 'has the scheme javascript'],
  ])('refuse %s in an address of a native application', (_what, uri, message) => {
    expect(issuesOf(aClient({ redirectUris: [uri] }))).toMatchObject([
      { field: '/redirect_uris/0', message: expect.stringContaining(message) },
    ]);
  });

  it.each([
    ['authorization codes that nothing can be asked for with', '/scopes', web({ scopes: [] })],
    ['a client that acts for itself and is public', '/grant_types', aServiceClient({ authMethod: 'none' })],
    ['refresh tokens that no grant gives', '/grant_types', aServiceClient({ grantTypes: ['client_credentials', 'refresh_token'] })],
    ['an origin with its default port', '/cors_origins/0', web({ corsOrigins: ['https://app.example:443'] })],
    ['a native application of the first party', '/first_party', aClient({ firstParty: true })],
    [
      'a public client of the first party on this machine',
      '/first_party',
      web({ firstParty: true, authMethod: 'none', redirectUris: ['https://app.example/cb', 'http://localhost:3000/cb'] }),
    ],
    ['a public client without PKCE', '/require_pkce', web({ authMethod: 'none', requiresPkce: false })],
    ['a client without PKCE that gets no ID token', '/require_pkce', web({ requiresPkce: false, scopes: ['kms:read'] })],
    ['a service without PKCE', '/require_pkce', aServiceClient({ requiresPkce: false })],
  ])('refuse %s', (_what, field, client) => {
    expect(issuesOf(client)).toMatchObject([{ field, message: expect.stringMatching(/./), fix: expect.stringMatching(/\.$/) }]);
  });
});

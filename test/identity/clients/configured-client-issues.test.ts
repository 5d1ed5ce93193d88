import { expect, it } from 'vitest';
import { configuredClientIssues } from '#identity/clients/configured-client-issues.ts';

it('A client of the configuration that could log nobody in is named by its field, with the way out', () => {
  const good = { redirect_uris: ['https://kms.example/back'], scopes: ['openid'] };
  const config = {
    browser_clients: [good, { redirect_uris: ['https://kms.example/*'], scopes: ['openid', 'kms:everything'] }],
    service_clients: [{}, { log_in: { ...good, post_logout_redirect_uris: ['https://kms.example/out#top'] } }],
  };
  const issues = configuredClientIssues(config, (scope) => scope === 'openid');
  expect(issues.map(({ field }) => field)).toEqual([
    '/browser_clients/1/redirect_uris/0',
    '/browser_clients/1/scopes/1',
    '/service_clients/1/log_in/post_logout_redirect_uris/0',
  ]);
  expect(issues.every(({ fix }) => fix?.endsWith('.'))).toBe(true);
});

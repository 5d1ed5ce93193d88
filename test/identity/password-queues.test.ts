import { createHash, randomBytes, randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import { ISSUER, startTestIdentity } from '#test/support/identity.ts';
import { createBrowser } from '#test/support/identity-browser.ts';

const CLIENTS = ['demo-confidential-client', 'demo-other-client', 'demo-limited-client'] as const;
/** Each client name is looked at so often at once, and no more. */
const GUESSES = 5;

it('A person who logs in does not wait behind programs that try secrets of clients', { timeout: 60_000 }, async () => {
  await using running = await startTestIdentity();
  const browser = createBrowser({ fetch: running.fetch, origin: ISSUER });
  const url = new URL('/oauth2/authorize', ISSUER);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: 'demo-public-client',
    redirect_uri: 'http://127.0.0.1:43117/callback',
    scope: 'openid',
    code_challenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const page = await browser.visit(url.href);
  expect(page.url).toContain('/login/');

  let answered = 0;
  const first = Promise.withResolvers<void>();
  const guesses = CLIENTS.flatMap((client) =>
    Array.from({ length: GUESSES }, async () => {
      const { status } = await running.fetch(`${ISSUER}/oauth2/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${client}:${randomUUIDv7()}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      });
      answered += 1;
      first.resolve();
      return status;
    }),
  );
  await first.promise;
  const next = await browser.submit(page, { username: 'demo-user', password: 'demo-user-password', decision: 'login' });
  const before = answered;
  expect(next.url).toContain('/consent/');
  expect(new Set(await Promise.all(guesses))).toEqual(new Set([401]));
  // Behind them in one queue, the log-in would have been the last.
  expect(before).toBeLessThan(CLIENTS.length * GUESSES);
});

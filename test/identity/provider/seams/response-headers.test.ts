import { createHash } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { expect, test } from 'vitest';
import { askForScriptHashes, secureHeaders, withholdFromOrigins } from '#identity/provider/seams/response-headers.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

const LOGGED_OUT = 'https://client.passthru.example/logged-out';
const LOGOUT = `/session/end?${new URLSearchParams({ client_id: 'bare-client', post_logout_redirect_uri: LOGGED_OUT }).toString()}`;
const ORIGIN = 'https://app.passthru.example';

const start = (options: { readonly seams: boolean }) =>
  startBareProvider({
    client: aBareClient({ post_logout_redirect_uris: [LOGGED_OUT] }),
    install: (provider) => {
      if (!options.seams) return;
      provider.use(async (context, next) => {
        const ctx = context as unknown as KoaContextWithOIDC;
        askForScriptHashes(ctx);
        await next();
        secureHeaders(ctx);
        await withholdFromOrigins(ctx, async (origin) => origin === ORIGIN);
      });
    },
  });

test('oidc-provider sets no policy, posts a form by a script, and opens the JWKS to every origin', async () => {
  await using bare = await start({ seams: false });

  const page = await bare.send(LOGOUT);
  const jwks = await bare.send('/jwks', { headers: { origin: 'https://evil.example' } });

  expect(page.headers.get('content-security-policy')).toBeNull();
  expect(await page.text()).toMatch(/<script>/);
  expect(jwks.headers.get('access-control-allow-origin')).toBe('https://evil.example');
});

test('with the seams a page runs the one script of oidc-provider, by its hash, and may lead where the request wants to go', async () => {
  await using bare = await start({ seams: true });

  const page = await bare.send(LOGOUT);
  const script = /<script>([^]*?)<\/script>/.exec(await page.text())?.[1] ?? '';
  const policy = page.headers.get('content-security-policy') ?? '';

  expect(script).not.toBe('');
  expect(policy).toContain(`; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  expect(policy).toContain("form-action 'self' https://client.passthru.example");
  expect(policy).toContain("default-src 'none'");
});

test('with the seams an answer for programs may load nothing, and is read by configured origins alone', async () => {
  await using bare = await start({ seams: true });

  const [evil, ours] = [
    await bare.send('/jwks', { headers: { origin: 'https://evil.example' } }),
    await bare.send('/jwks', { headers: { origin: ORIGIN } }),
  ];

  expect(evil.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(evil.headers.get('access-control-allow-origin')).toBeNull();
  expect(ours.headers.get('access-control-allow-origin')).toBe(ORIGIN);
});

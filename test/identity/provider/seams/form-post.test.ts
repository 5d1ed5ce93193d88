import type { KoaContextWithOIDC } from 'oidc-provider';
import { expect, test } from 'vitest';
import { type FormPost, showFormPost } from '#identity/provider/seams/form-post.ts';
import { startBareProvider } from './bare-provider.ts';

const CALLBACK = 'https://client.passthru.example/callback';
const target = (mode: string): string =>
  `/auth?${new URLSearchParams({ client_id: 'bare-client', redirect_uri: CALLBACK, scope: 'openid', response_mode: mode, response_type: 'code', prompt: 'none' }).toString()}`;

const start = () =>
  startBareProvider({
    install: (provider) => {
      provider.use(async (context, next) => {
        const ctx = context as unknown as KoaContextWithOIDC;
        await next();
        const page =
          (words: string) =>
          ({ form, script }: FormPost) =>
            `<p>${words}</p>${form}</form>${script}`;
        const pages = { answer: page('ours'), accountChange: page('another account'), nobodyLeft: page('nobody') };
        ctx.set('is-form-post', String(showFormPost(ctx, pages)));
      });
    },
  });

test('oidc-provider shows no text while it posts an answer; with the seam the page is ours, with its form and its script', async () => {
  await using bare = await startBareProvider();
  await using mended = await start();

  const before = await (await bare.send(target('form_post'))).text();
  const answer = await mended.send(target('form_post'));
  const after = await answer.text();

  expect(before).toMatch(/<noscript>[^]*<button/);
  expect(answer.headers.get('is-form-post')).toBe('true');
  expect(after).toContain(`<p>ours</p><form method="post" action="${CALLBACK}">`);
  expect(after).toMatch(/name="error" value="[a-z_]+"/);
  expect(after).toMatch(/<script>[^]*submit\(\)[^]*<\/script>$/);
  expect(after).not.toContain('<noscript>');
});

test('with the seam other answers are as they were', async () => {
  await using mended = await start();

  const answer = await mended.send(target('query'));

  expect(answer.headers.get('is-form-post')).toBe('false');
  expect(answer.headers.get('location')).toContain('error=');
});

test('with the seam a log-out of nobody is a page of ours, whose form stays here', async () => {
  await using mended = await start();

  const answer = await mended.send('/session/end');

  expect(answer.headers.get('is-form-post')).toBe('false');
  expect(await answer.text()).toMatch(
    /^<p>nobody<\/p><form method="post" action="[^"]*\/session\/end\/confirm">[^]*<script>[^]*submit\(\)/,
  );
});

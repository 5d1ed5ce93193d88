import type { KoaContextWithOIDC } from 'oidc-provider';
import { expect, test } from 'vitest';
import { publishDocuments } from '#identity/provider/seams/public-documents.ts';
import { startBareProvider } from './bare-provider.ts';

const start = (options: { readonly seam: boolean }) =>
  startBareProvider({
    install: (provider) =>
      void provider.use(async (context, next) => {
        await next();
        if (options.seam) publishDocuments(context as unknown as KoaContextWithOIDC);
      }),
  });

const DOCUMENTS = [
  ['/jwks', 'application/jwk-set+json', 60],
  ['/.well-known/openid-configuration', 'application/json', 300],
] as const;

test.each(DOCUMENTS)('oidc-provider gives %s neither an age nor a validator', async (path) => {
  await using bare = await start({ seam: false });

  const { headers } = await bare.send(path);

  expect([headers.get('cache-control'), headers.get('etag')]).toEqual([null, null]);
});

test.each(DOCUMENTS)('with the seam %s may be read by every origin, and kept for a while', async (path, type, age) => {
  await using bare = await start({ seam: true });

  const answer = await bare.send(path, { headers: { origin: 'https://app.passthru.example' } });
  const tag = answer.headers.get('etag') ?? '';

  expect(answer.headers.get('content-type')).toContain(type);
  expect(await answer.json()).toEqual(expect.any(Object));
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('cache-control')).toBe(`public, max-age=${age}`);
  for (const header of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const same = await bare.send(path, { headers: { 'if-none-match': header } });
    expect([same.status, await same.text(), same.headers.get('etag')]).toEqual([304, '', tag]);
  }
  expect((await bare.send(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
});

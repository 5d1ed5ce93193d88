import type { KoaContextWithOIDC } from 'oidc-provider';
import { expect, test } from 'vitest';
import { nameMissingClient } from '#identity/provider/seams/client-missing.ts';
import { startBareProvider } from './bare-provider.ts';

const start = (options: { readonly seam: boolean }) =>
  startBareProvider({
    install: (provider) =>
      void provider.use(async (context, next) => {
        await next();
        if (options.seam) nameMissingClient(context as unknown as KoaContextWithOIDC);
      }),
  });

const ask = async ({ send }: Awaited<ReturnType<typeof start>>, path: string, form: Readonly<Record<string, string>>) => {
  const answer = await send(path, { method: 'POST', body: new URLSearchParams(form) });
  return { status: answer.status, error: ((await answer.json()) as { error?: unknown }).error };
};

test('oidc-provider calls a request without a client an invalid request', async () => {
  await using bare = await start({ seam: false });

  expect(await ask(bare, '/token', { grant_type: 'client_credentials' })).toEqual({ status: 400, error: 'invalid_request' });
});

test('with the seam it is invalid_client, at every endpoint for clients, and other refusals are as they were', async () => {
  await using bare = await start({ seam: true });

  expect(await ask(bare, '/token', { grant_type: 'client_credentials' })).toEqual({ status: 401, error: 'invalid_client' });
  expect(await ask(bare, '/token/introspection', { token: 'x' })).toEqual({ status: 401, error: 'invalid_client' });
  expect((await bare.post('/token', { grant_type: 'none' })).status).toBe(400);
});

import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { compareHashedSecrets, newUnusedSecret, noteAddress, payForUnknownClients } from '#identity/provider/seams/client-secret.ts';
import { aBareClient, startBareProvider } from './bare-provider.ts';

const FORM = { grant_type: 'client_credentials' };

test('oidc-provider compares a secret in clear by a method of its clients', async () => {
  await using bare = await startBareProvider();

  expect(Object.hasOwn(bare.provider.Client.prototype, 'compareClientSecret')).toBe(true);
  expect((await bare.post('/token', FORM)).status).toBe(200);
  expect((await bare.post('/token', FORM, 'another')).status).toBe(401);
});

test('with the seam the secret goes to our comparison, with the client, the address of the peer, its connection and its header, and its answer decides', async () => {
  const asked: unknown[] = [];
  await using bare = await startBareProvider({
    install: (provider) => {
      compareHashedSecrets(provider, async (clientId, secret, { address, connection, authorization }) => {
        asked.push([clientId, secret, address, connection instanceof Socket, authorization?.slice(0, 6)]);
        return secret === 'ours';
      });
      provider.use(async (context, next) => {
        noteAddress(context as never);
        await next();
      });
    },
  });

  const statuses = [(await bare.post('/token', FORM, 'ours')).status, (await bare.post('/token', FORM)).status];

  expect(statuses).toEqual([200, 401]);
  expect(asked).toEqual([
    ['bare-client', 'ours', '127.0.0.1', true, 'Basic '],
    ['bare-client', 'a secret in clear', '127.0.0.1', true, 'Basic '],
  ]);
});

test('oidc-provider refuses a confidential client without a secret in clear, and takes one that is never compared', async () => {
  const bare = (secret: string | undefined) => startBareProvider({ client: aBareClient({ client_secret: secret }) });
  await using without = await bare(undefined).catch((error: unknown) => ({ error, [Symbol.asyncDispose]: async () => {} }));
  await using withUnused = await bare(newUnusedSecret());

  const find = async () => ('error' in without ? Promise.reject(without.error) : without.provider.Client.find('bare-client'));
  await expect(find()).rejects.toMatchObject({ error: 'invalid_client_metadata' });
  expect(await withUnused.provider.Client.find('bare-client')).toBeDefined();
  expect(newUnusedSecret()).not.toBe(newUnusedSecret());
});

test('oidc-provider refuses a client that it does not know without a look at its secret; with the seam one is taken, and of no other client', async () => {
  const asked: string[] = [];
  await using plain = await startBareProvider();
  await using paying = await startBareProvider({
    install: (provider) =>
      void payForUnknownClients(provider, async (clientId) => {
        asked.push(clientId);
        return true;
      }),
  });
  const basic = (name: string) => ({ authorization: `Basic ${Buffer.from(`${name}:guess`).toString('base64')}` });
  const ask = async (bare: typeof plain, form: Record<string, string>, headers: Record<string, string> = {}) => {
    const answer = await bare.send('/token', { method: 'POST', body: new URLSearchParams({ ...FORM, ...form }), headers });
    return [answer.status, await answer.text()];
  };

  for (const [form, headers] of [
    [{}, basic('nobody')],
    [{ client_id: 'nobody-else', client_secret: 'guess' }, {}],
    [{ client_id: 'without-secret' }, {}],
    [{}, basic('bare-client')],
  ] as const)
    expect(await ask(paying, form, headers)).toEqual(await ask(plain, form, headers));

  expect(asked).toEqual(['nobody', 'nobody-else']);
});

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { readSession, writeSession } from '#identity/provider/seams/browser-session.ts';
import { startBareProvider } from './bare-provider.ts';

const HOUR_S = 3_600;

/** A request of a browser over TLS. */
const requestWith = (cookies: readonly string[]): IncomingMessage => {
  const request = new IncomingMessage(Object.assign(new Socket(), { encrypted: true }));
  request.headers = { host: 'issuer.passthru.example', cookie: cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ') };
  request.url = '/account';
  return request;
};

const logIn = (provider: Provider, cookies: readonly string[], accountId: string, transient = true) =>
  writeSession(provider, requestWith(cookies), { accountId, loginTs: 1_700_000_000, amr: ['pwd'], acr: 'low', transient }, HOUR_S);

test('a log-in outside of an authorization request is a session of oidc-provider, under a new id each time', async () => {
  await using bare = await startBareProvider({ configuration: { cookies: { keys: ['a key of the test, of 32 bytes or more'] } } });
  const { provider } = bare;
  expect((await readSession(provider, requestWith([]))).accountId).toBeUndefined();

  const first = await logIn(provider, [], 'one');
  const session = await readSession(provider, requestWith(first));
  expect(session).toMatchObject({ accountId: 'one', loginTs: 1_700_000_000, amr: ['pwd'], acr: 'low' });
  expect(first.every((cookie) => /; path=\/; samesite=lax; secure; httponly/i.test(cookie) && !/expires/i.test(cookie))).toBe(true);

  const second = await logIn(provider, first, 'one', false);
  expect((await readSession(provider, requestWith(first))).accountId).toBeUndefined();
  expect(await readSession(provider, requestWith(second))).toMatchObject({ accountId: 'one', uid: session.uid });
  expect(second.every((cookie) => /expires/i.test(cookie))).toBe(true);

  const other = await logIn(provider, second, 'two');
  expect((await readSession(provider, requestWith(second))).accountId).toBeUndefined();
  const fresh = await readSession(provider, requestWith(other));
  expect([fresh.accountId, fresh.uid === session.uid]).toEqual(['two', false]);
});

test('a cookie that oidc-provider did not sign brings no session', async () => {
  await using bare = await startBareProvider({ configuration: { cookies: { keys: ['a key of the test, of 32 bytes or more'] } } });
  const [cookie = ''] = await logIn(bare.provider, [], 'one');
  expect((await readSession(bare.provider, requestWith([cookie]))).accountId).toBeUndefined();
});

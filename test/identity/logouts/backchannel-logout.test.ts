import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseKind } from '#infra/database/config.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { IdentityEvent } from '#identity/events.ts';
import { createLogouts } from '#identity/logouts/create-logouts.ts';
import type { OutgoingConfig } from '#identity/outgoing/config.ts';
import { createOutgoing } from '#identity/outgoing/create-outgoing.ts';
import type { Outgoing } from '#identity/outgoing/outgoing.ts';
import { newKeys } from '#test/identity/support/encryption-keys.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, ISSUER, startProvider, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';
import { logOut } from '#test/identity/support/log-out.ts';
import { type RelyingParty, startRelyingParty } from '#test/identity/support/relying-party.ts';
import { databaseKinds } from '#test/support/database.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
let party: RelyingParty;
let outgoing: Outgoing;
/** Answers of the client that come next; 200 when there are none. */
const answers: number[] = [];
/** Paths that get no answer before this is over. */
let slow: Promise<void> = Promise.resolve();

beforeAll(async () => {
  pki = await makePki();
  party = await startRelyingParty(pki.server, async ({ path }, response) => {
    if (path.startsWith('/slow')) await slow;
    response.writeHead(answers.shift() ?? 200).end();
  });
  const config: OutgoingConfig = { origins: [party.origin, 'https://localhost:1'], authorities: [], others: 'refuse' };
  outgoing = await createOutgoing({ config, ca: pki.server.ca, telemetry: noTelemetry() });
});
afterAll(async () => {
  await Promise.all([outgoing, party, pki].map((each) => each[Symbol.asyncDispose]()));
});

/** A provider whose jobs run when the test says so. */
const world = async (kind: DatabaseKind) => {
  await using unless = new AsyncDisposableStack();
  const stack = unless.use(new AsyncDisposableStack());
  const opened = stack.use(await identityDatabase(kind));
  const clock = { time: Date.now() };
  const events: IdentityEvent[] = [];
  const now = () => clock.time;
  const encryptionKeys = newKeys();
  const start = async () => {
    const database = await opened.reopen();
    const logouts = createLogouts({ database, emit: (event) => void events.push(event), now });
    return { logouts, provider: stack.use(await startProvider(database, { outgoing, logouts, now, encryptionKeys })) };
  };
  const { provider, logouts } = await start();
  const run = async (of = provider): Promise<void> => {
    await of.openid.jobs.find(({ name }) => name === 'tell-logouts')?.run(new AbortController().signal);
  };
  const waiting = () => opened.database.db.selectFrom('logouts').selectAll().execute();
  const cleanup = unless.move();
  return { ...opened, provider, logouts, start, clock, events, run, waiting, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
};

const aToldClient = (path: string, origin = party.origin, change: Partial<ClientRecord> = {}): ClientRecord =>
  aClient({ backchannelLogout: { uri: `${origin}${path}`, sessionRequired: false }, ...change });

/** Logs somebody in at clients, in one browser. @returns what their ID tokens say of the session */
const logIn = async (provider: TestProvider, ...clients: readonly ClientRecord[]) => {
  const account = anAccount();
  provider.register(account, ...clients);
  const browser = provider.browser();
  const sids: unknown[] = [];
  for (const client of clients) {
    const attempt = provider.attempt(client, { scope: 'openid' });
    const answer = await provider.exchange(attempt, await provider.code(attempt, account, browser));
    sids.push(decodeJwt(answer.json<Tokens>().id_token)['sid']);
  }
  return { account, browser, sids };
};

const toldAt = (path: string) => party.received.filter((request) => request.path === path);
const tokensAt = (path: string): readonly string[] => toldAt(path).map(({ body }) => new URLSearchParams(body).get('logout_token') ?? '');
const claimsAt = (path: string) => tokensAt(path).map((token) => decodeJwt(token));

describe.each(databaseKinds())('a log-out on %s', (kind) => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeAll(async () => (at = await world(kind)));
  afterAll(() => at[Symbol.asyncDispose]());
  beforeEach(() => void (at.events.length = 0));

  it('is told to every client of the session that wants to know, with a token of its own', async () => {
    const [first, second, silent] = [aToldClient(`/a-${kind}`), aToldClient(`/b-${kind}`), aClient()];
    const { account, browser, sids } = await logIn(at.provider, first, second, silent);

    expect((await logOut(browser)).status).toBe(303);
    expect(toldAt(`/a-${kind}`)).toEqual([]);
    await at.run();

    const keys = createLocalJWKSet((await at.provider.send({ url: `${ISSUER}/.well-known/jwks.json` })).json<JSONWebKeySet>());
    expect(toldAt(`/a-${kind}`)).toMatchObject([{ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } }]);
    const { payload, protectedHeader } = await jwtVerify(tokensAt(`/a-${kind}`)[0] ?? '', keys, {
      issuer: ISSUER,
      audience: first.clientId,
    });
    expect(protectedHeader).toMatchObject({ typ: 'logout+jwt', alg: 'ES256' });
    expect(payload).toEqual({
      iss: ISSUER,
      aud: first.clientId,
      sub: account.accountId,
      sid: sids[0],
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(120);
    expect(claimsAt(`/b-${kind}`)).toMatchObject([{ aud: second.clientId, sid: sids[1] }]);
    expect(new Set(sids)).toEqual(new Set([payload['sid'], expect.any(String), undefined]));
    expect(new Set(sids).size).toBe(3);
    expect(await at.waiting()).toEqual([]);
    expect(at.events.map(({ type }) => type)).toEqual(['logout-told', 'logout-told']);
  });

  it('that a client did not hear is told again later, also by another process, and nobody hears it twice', async () => {
    const path = `/late-${kind}`;
    const { browser } = await logIn(at.provider, aToldClient(path));
    answers.push(503);
    await logOut(browser);
    await at.run();
    await at.run();
    expect(toldAt(path)).toHaveLength(1);
    expect(at.events).toEqual([
      expect.objectContaining({ type: 'logout-not-told', reason: 'again-later', cause: expect.stringContaining('got: 503') }),
    ]);

    at.clock.time += 10_000;
    const { provider: other } = await at.start();
    for (const client of at.provider.clients.values()) other.register(client);
    await Promise.all([at.run(), at.run(other)]);
    expect(toldAt(path)).toHaveLength(2);
    expect(await at.waiting()).toEqual([]);
    expect(new Set(claimsAt(path).map(({ jti }) => jti)).size).toBe(2);
  });

  it('that was taken by a process which ended is told by another', async () => {
    const path = `/taken-${kind}`;
    const { browser } = await logIn(at.provider, aToldClient(path));
    await logOut(browser);
    await at.database.db
      .updateTable('logouts')
      .set({ attempts: 1, due_at: at.clock.time + 30_000 })
      .execute();

    await at.run();
    expect(toldAt(path)).toEqual([]);
    at.clock.time += 30_000;
    await at.run();
    expect(toldAt(path)).toHaveLength(1);
  });

  it('that an account did not ask for is told, too: when its access ends', async () => {
    const path = `/disabled-${kind}`;
    const { account, sids } = await logIn(at.provider, aToldClient(path), aClient());
    await at.database.transaction((tx) => at.provider.openid.revokeForAccounts(tx, [account.accountId]));
    await at.run();

    expect(claimsAt(path)).toMatchObject([{ sub: account.accountId, sid: sids[0] }]);
    expect(await at.waiting()).toEqual([]);
    expect(at.events.map(({ type }) => type)).toEqual(['logout-told']);
  });

  it('is told, too, where another account logs in at the page of the account in the same browser', async () => {
    const path = `/other-account-${kind}`;
    const { account, browser, sids } = await logIn(at.provider, aToldClient(path));
    const request = Object.assign(new IncomingMessage(Object.assign(new Socket(), { encrypted: true })), { url: '/account/login' });
    const cookie = browser.cookies().map(({ name, value }) => `${name}=${value}`);
    request.headers = { host: new URL(ISSUER).host, cookie: cookie.join('; ') };
    const login = { accountId: anAccount().accountId, at: Math.floor(at.clock.time / 1000), remember: false };
    await at.provider.openid.sessions.logIn(request, login);
    await at.run();

    expect(claimsAt(path)).toMatchObject([{ sub: account.accountId, sid: sids[0] }]);
  });

  it('reaches other clients while one with many of them answers none, those of the same moment and later ones', async () => {
    const held = Promise.withResolvers<void>();
    slow = held.promise;
    const [stalled, path] = [aToldClient(`/slow-${kind}`), `/quick-${kind}`];
    const quick = aToldClient(path);
    at.provider.register(stalled, quick);
    const note = (clientId: string, sid: string) => at.logouts.note({ clientId, accountId: 'somebody', sid });
    for (let session = 0; session < 40; session += 1) await note(stalled.clientId, `slow ${session}`);
    await note(quick.clientId, 'first');
    const running = at.run();

    await expect.poll(() => toldAt(path)).toHaveLength(1);
    await note(quick.clientId, 'later');
    await expect.poll(() => toldAt(path)).toHaveLength(2);
    expect(toldAt(`/slow-${kind}`)).toHaveLength(4);
    held.resolve();
    await running;

    expect([toldAt(`/slow-${kind}`).length, await at.waiting()]).toEqual([40, []]);
  });

  // The last one: it moves the clock by hours.
  it('is given up when the client refuses it, and after five attempts that nobody answered', async () => {
    const path = `/refused-${kind}`;
    const { browser } = await logIn(at.provider, aToldClient(path), aToldClient('/nobody', 'https://localhost:1'));
    answers.push(400);
    await logOut(browser);
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await at.run();
      at.clock.time += 30 * 60_000;
    }

    expect(toldAt(path)).toHaveLength(1);
    const reasons = (cause: string) =>
      at.events.flatMap((event) => (event.type === 'logout-not-told' && event.cause.includes(cause) ? [event.reason] : []));
    expect(reasons('got: 400')).toEqual(['given-up']);
    expect(reasons('localhost:1 refuses connections')).toEqual([...Array<string>(4).fill('again-later'), 'given-up']);
    expect(await at.waiting()).toEqual([]);
  });
});

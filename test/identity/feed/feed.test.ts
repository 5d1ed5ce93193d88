import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { readServerSentEvents, type ServerSentEvent } from '#infra/http/client/server-sent-events.ts';
import { FEED_PATH } from '#infra/magic/magic.ts';
import { prepareTls, type TlsStore } from '#infra/tls/authority/store.ts';
import { fromSetClaims } from '#infra/security-events/set-claims.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { ISSUER, startTestIdentity, type TestIdentity } from '#test/support/identity.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const CREDENTIAL = `Basic ${Buffer.from('demo-confidential-client:demo-confidential-client-password').toString('base64')}`;

describe('The feed of Identity', () => {
  const opened = new AsyncDisposableStack();
  let identity: TestIdentity;
  /** The authority of the clients. */
  let store: TlsStore;
  const start = (telemetry?: Telemetry) =>
    startTestIdentity({ overlay: { feed: { tls: { client_ca: store.caFile } } }, ...(telemetry && { telemetry }) });
  beforeAll(async () => {
    const leaf = (commonName: string) => ({ name: commonName, kind: 'client' as const, commonName });
    const { path: directory } = opened.use(await temporaryDirectory());
    store = await prepareTls({ directory, leaves: [leaf('passthru-kms'), leaf('passthru-cli')] });
    identity = opened.use(await start());
  });
  afterAll(() => opened.disposeAsync());

  const clientOf = async (name = 'passthru-kms', of = identity) => {
    const { cert, key } = store.leaf(name);
    const [ca, ...pair] = await Promise.all([of.tls.caFile, cert, key].map((file) => readFile(file, 'utf8')));
    return createHttpsClient({ ca: String(ca), cert: String(pair[0]), key: String(pair[1]) });
  };
  /** What is told up to the first heartbeat, and then for as long as the test wants. */
  const listen = async (position?: string, of = identity) => {
    const client = await clientOf('passthru-kms', of);
    const headers: Record<string, string> = position === undefined ? {} : { 'last-event-id': position };
    const { status, headers: received, body } = await client.open({ url: `https://127.0.0.1:${of.feedPort}${FEED_PATH}`, headers });
    const messages = readServerSentEvents(body);
    const next = async (event: ServerSentEvent['event']): Promise<ServerSentEvent> => {
      for (;;) {
        const { value, done } = await messages.next();
        if (done === true) throw new Error('the stream has ended');
        if (value.event === event) return value;
      }
    };
    const past = async (): Promise<readonly ServerSentEvent[]> => {
      const told: ServerSentEvent[] = [];
      for (;;) {
        const { value, done } = await messages.next();
        if (done === true) throw new Error('the stream has ended');
        told.push(value);
        if (value.event === 'heartbeat') return told;
      }
    };
    return { status, headers: received, next, past, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
  };
  const post = async (path: string, form: Readonly<Record<string, string>>): Promise<Response> =>
    identity.fetch(`${ISSUER}${path}`, {
      method: 'POST',
      headers: { authorization: CREDENTIAL, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
  const revokedToken = async (): Promise<string> => {
    const form = { grant_type: 'client_credentials', resource: 'urn:passthru:kms', scope: 'kms:read' };
    const { access_token: token } = (await (await post('/oauth2/token', form)).json()) as { access_token: string };
    expect((await post('/oauth2/revoke', { token })).status).toBe(200);
    return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti;
  };

  it('tells a revocation within half a second, as a security event token that the keys of the JWKS verify', async () => {
    await using stream = await listen();
    expect([stream.status, stream.headers['content-type'], stream.headers['cache-control']]).toEqual([
      200,
      'text/event-stream',
      'no-store',
    ]);
    await stream.next('heartbeat');
    const jti = await revokedToken();
    const revokedAt = performance.now();
    const { id, data } = await stream.next('set');
    expect(performance.now() - revokedAt).toBeLessThan(500);

    const jwks = (await (await identity.fetch(`${ISSUER}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
    const { payload } = await jwtVerify(data, createLocalJWKSet(jwks), {
      issuer: ISSUER,
      audience: 'urn:passthru:kms',
      typ: 'secevent+jwt',
    });
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'events', 'iat', 'iss', 'jti', 'sub_id', 'toe']);
    expect(payload['sub_id']).toEqual({ format: 'jwt_id', iss: ISSUER, jti });
    expect(payload['events']).toEqual({
      'https://schemas.openid.net/secevent/caep/event-type/session-revoked': { life_seconds: expect.any(Number) },
    });
    expect(id).toMatch(new RegExp(`^\\d+\\.${payload.jti}$`));
    expect(decodeProtectedHeader(data).alg).toBe('ES256');
    expect(fromSetClaims(payload, ISSUER)?.event).toEqual({ kind: 'token-revoked', tokenId: jti });
  });

  it('goes on after the last event that somebody heard, without a gap and without a repetition', async () => {
    await revokedToken();
    await using first = await listen();
    const position = (await first.past()).at(-1)?.id;
    const missed = [await revokedToken(), await revokedToken()];
    await using second = await listen(position);
    const told = await second.past();
    expect(told.map(({ event }) => event)).toEqual(['set', 'set', 'heartbeat']);
    expect(
      told.slice(0, 2).map(({ data }) => JSON.parse(Buffer.from(data.split('.')[1] ?? '', 'base64url').toString()).sub_id.jti),
    ).toEqual(missed);
  });

  it.each([
    ['of another history', () => `1.${randomUUIDv7()}`],
    ['that is yet to come', () => `999999.${randomUUIDv7()}`],
    ['that is none', () => 'yesterday'],
  ])('answers 410 to a position %s, and says what to do', async (_, position) => {
    await revokedToken();
    await using client = await clientOf();
    const answer = await client.request({
      url: `https://127.0.0.1:${identity.feedPort}${FEED_PATH}`,
      headers: { 'last-event-id': position() },
    });
    expect([answer.status, answer.json()]).toEqual([
      410,
      expect.objectContaining({ code: 'feed-position-unknown', fix: expect.stringContaining('without Last-Event-ID') }),
    ]);
  });

  it('is closed to a certificate that is not one of a resource server, whatever the path', async () => {
    await using client = await clientOf('passthru-cli');
    for (const path of [FEED_PATH, '/livez', '/nothing']) {
      const { status } = await client.request({ url: `https://127.0.0.1:${identity.feedPort}${path}` });
      expect(status).toBe(403);
    }
  });

  it('ends its streams when Identity stops, which waits for none of them', async () => {
    await using other = await start();
    await using stream = await listen(undefined, other);
    await stream.next('heartbeat');
    const began = performance.now();
    await Promise.all([other.identity.feed?.close(), expect(stream.next('set')).rejects.toThrow('the stream has ended')]);
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  it('looks into the database under no trace, so that the one of its request does not grow while nothing happens', async () => {
    const [flow, spans] = [new AsyncLocalStorage<string>(), [] as string[]];
    const telemetry: Telemetry = {
      ...noTelemetry(),
      traceId: () => flow.getStore() ?? null,
      span: (name, _options, run) => {
        spans.push(name);
        return flow.run('a-trace', () => run({ set: () => {} }));
      },
    };
    await using other = await start(telemetry);
    await using stream = await listen(undefined, other);
    for (let beat = 0; beat < 2; beat += 1) await stream.next('heartbeat');
    expect(spans.filter((name) => name.includes(FEED_PATH))).toHaveLength(1);
    expect(spans.filter((name) => /^db .*revocation/.test(name))).toEqual([]);
  });
});

import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { databaseKinds } from '#test/support/database.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import {
  aClient,
  anAccount,
  aServiceClient,
  ISSUER,
  secretOf,
  type TestProvider,
  type Tokens,
} from '#test/identity/support/identity-provider.ts';
import { type ConnectionAnswer, oneConnection } from '#test/identity/support/one-connection.ts';
import { dpopKey } from '#test/kms/support/dpop.ts';

type Form = Readonly<Record<string, string>>;

const TOKEN = '/oauth2/token';
const INTROSPECT = '/oauth2/introspect';
const KMS_READ = { grant_type: 'client_credentials', scope: 'kms:read', resource: KMS_RESOURCE };
/** They say when an answer was made, or differ with the length of a random text. */
const OF_ONE_ANSWER = ['date', 'content-length'];

const partOf = (token: string, part: 0 | 1): string => Buffer.from(token.split('.')[part] ?? '', 'base64url').toString();

/** An answer with all that two answers to one request have to share, members of objects in their order. */
const shared = ({ status, headers, text }: ConnectionAnswer) => {
  const body = JSON.parse(text) as Partial<Tokens>;
  const { access_token: token } = body;
  const claims = token === undefined ? '' : partOf(token, 1);
  const { iat = 0, exp = 0 } = claims === '' ? {} : (JSON.parse(claims) as { iat: number; exp: number });
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ONE_ANSWER.includes(name))),
    body: token === undefined ? text : text.replace(token, 'a token'),
    header: token === undefined ? '' : partOf(token, 0),
    claims: claims.replace(/"(jti|iat|exp)":("[^"]+"|\d+)/g, '"$1":0'),
    seconds: exp - iat,
  };
};

/** Lets a test switch the direct way off, and look which answers came by it. */
const watch = (openid: OpenIdProvider) => {
  const { answerDirectly } = openid;
  const seen = { isOn: true, direct: 0 };
  Object.assign(openid, {
    answerDirectly: async (...given: Parameters<typeof answerDirectly>) => {
      const answer = seen.isOn ? await answerDirectly(...given) : undefined;
      if (answer !== undefined) seen.direct += 1;
      return answer;
    },
  });
  return seen;
};

describe.each(databaseKinds())('an answer without oidc-provider on %s', (kind) => {
  /** Milliseconds: of the clock that never goes back, and how far the wall clock is ahead of that of the machine. */
  const clock = { ms: 0, ahead: 0 };
  let provider: TestProvider & IdentityDatabase;
  let connection: ReturnType<typeof oneConnection>;
  let seen: ReturnType<typeof watch>;
  beforeAll(async () => {
    provider = await providerOn(kind, { elapsed: () => clock.ms, now: () => Date.now() + clock.ahead });
    connection = oneConnection(provider);
    seen = watch(provider.openid);
  });
  afterAll(async () => {
    connection[Symbol.dispose]();
    await provider[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    seen.isOn = true;
  });

  const post = (path: string, form: Form, client: ClientRecord, more: Readonly<Record<string, string>> = {}) => {
    const basic = [client.clientId, secretOf(client)].map((text) => new URLSearchParams({ v: text }).toString().slice(2)).join(':');
    const authorization = `Basic ${Buffer.from(basic).toString('base64')}`;
    return connection.post(path, form, { authorization, ...more });
  };
  /** The connection has proved the client after it. */
  const prove = async (client: ClientRecord): Promise<void> => {
    await post(INTROSPECT, { token: 'opaque' }, client);
  };
  /** The answer of oidc-provider and the one that a client gets, which may be direct. */
  const both = async (path: string, form: Form, client: ClientRecord, more?: Readonly<Record<string, string>>) => {
    seen.isOn = false;
    const oracle = await post(path, form, client, more);
    seen.isOn = true;
    const before = seen.direct;
    const answer = await post(path, form, client, more);
    return { oracle, answer, isDirect: seen.direct > before };
  };
  const proven = async (change: Partial<ClientRecord> = {}): Promise<ClientRecord> => {
    const client = aServiceClient({ scopes: ['kms:read', 'kms:crypto', 'opaque:read'], ...change });
    provider.register(client);
    await prove(client);
    return client;
  };
  const tokenOf = async (client: ClientRecord, form: Form = KMS_READ): Promise<string> =>
    (await post(TOKEN, form, client)).json<Tokens>().access_token;

  test.each<[string, Form, Partial<ClientRecord>?]>([
    ['a scope and a resource', KMS_READ],
    ['a scope alone', { grant_type: 'client_credentials', scope: 'kms:crypto kms:read' }],
    ['a resource alone', { grant_type: 'client_credentials', resource: KMS_RESOURCE }],
    ['neither', { grant_type: 'client_credentials' }],
    ['a fine scope of a coarse one', { ...KMS_READ, scope: 'kms:encrypt' }],
    ['a scope for single keys', { ...KMS_READ, scope: 'kms:key:invoices:encrypt' }],
    ['a life of its own', KMS_READ, { accessTokenTtlSeconds: 7 }],
    ['no roles', KMS_READ, { roles: [] }],
    ['JWTs although its resource server has others', { grant_type: 'client_credentials', scope: 'opaque:read' }, { tokenFormat: 'jwt' }],
    ['its secret in the form, as it registered, and yet by Basic', KMS_READ, { authMethod: 'client_secret_post' }],
  ])('gives client credentials with %s what oidc-provider gives', async (_name, form, change) => {
    const client = await proven(change);

    const { oracle, answer, isDirect } = await both(TOKEN, form, client);

    expect(isDirect).toBe(true);
    expect(shared(answer)).toEqual(shared(oracle));
    expect(answer.status).toBe(200);
    expect((await post(INTROSPECT, { token: answer.json<Tokens>().access_token }, client)).json()).toMatchObject({ active: true });
  });

  test.each<[string, Form, Partial<ClientRecord>?]>([
    ['a scope that it may not ask for', { ...KMS_READ, scope: 'kms:read kms:admin' }],
    ['a scope that the resource server does not know', { ...KMS_READ, scope: 'kms:read opaque:read' }],
    ['a scope twice', { ...KMS_READ, scope: 'kms:read kms:read' }],
    ['two spaces', { ...KMS_READ, scope: 'kms:read  kms:crypto' }],
    ['no such resource', { ...KMS_READ, resource: 'urn:passthru:nobody' }],
    ['an empty scope', { ...KMS_READ, scope: '' }],
    ['its client id as well', { ...KMS_READ, client_id: 'somebody' }],
    ['a parameter that nobody knows', { ...KMS_READ, more: 'x' }],
    ['another grant', { grant_type: 'authorization_code', code: 'none' }],
    ['a grant that it may not use', KMS_READ, { grantTypes: ['authorization_code'] }],
    ['opaque tokens', KMS_READ, { tokenFormat: 'opaque' }],
    ['tokens that are bound to a key', KMS_READ, { tokenBinding: 'dpop' }],
  ])('leaves client credentials with %s to oidc-provider', async (_name, form, change) => {
    const client = await proven(change);

    const { oracle, answer, isDirect } = await both(TOKEN, form, client);

    expect(isDirect).toBe(false);
    expect(answer.status).toBe(oracle.status);
  });

  test('introspects a JWT as oidc-provider with the seam does: of its own, of a person, of another audience, revoked, forged, expired', async () => {
    const [account, app] = [anAccount(), aClient()];
    provider.register(account, app);
    const client = await proven({ mayIntrospect: [KMS_RESOURCE] });
    const stranger = await proven();
    const own = await tokenOf(client);
    const person = await provider.tokens(app, account);
    const revoked = await tokenOf(client);
    await post('/oauth2/revoke', { token: revoked }, client);
    const expired = await tokenOf(await proven({ accessTokenTtlSeconds: 60 }));
    clock.ahead = 61_000;
    const [header, claims] = own.split('.');
    const forged = `${header}.${claims}.${Buffer.alloc(64, 7).toString('base64url')}`;

    const cases: readonly (readonly [token: string, as: ClientRecord])[] = [
      ...[own, person.access_token, revoked, forged, expired].map((token) => [token, client] as const),
      [own, stranger],
    ];
    const answers = [];
    for (const [token, as] of cases) {
      await prove(as);
      for (const form of [{ token }, { token, token_type_hint: 'access_token' }] as readonly Form[]) {
        const { oracle, answer, isDirect } = await both(INTROSPECT, form, as);
        expect(isDirect).toBe(true);
        expect(answer.text).toBe(oracle.text);
        expect(shared(answer)).toEqual(shared(oracle));
        answers.push(answer.json<{ active: boolean }>().active);
      }
    }
    expect(answers.filter((_active, index) => index % 2 === 0).slice(0, 4)).toEqual([true, true, false, false]);
    expect(answers.at(-1)).toBe(false);
    provider.accounts.delete(account.accountId);
    await prove(client);
    expect((await post(INTROSPECT, { token: person.access_token }, client)).json()).toEqual({ active: false });
  });

  test('leaves other tokens, and a form that is not plain, to oidc-provider', async () => {
    const client = await proven();
    const opaque = await tokenOf(client, { grant_type: 'client_credentials', scope: 'opaque:read' });
    for (const form of [{ token: opaque }, { token: 'a.b.c' }, { token: 'x'.repeat(9_000) }, {}, { token: opaque, more: 'x' }]) {
      const { oracle, answer, isDirect } = await both(INTROSPECT, form as Form, client);
      expect([isDirect, answer.status, answer.text]).toEqual([false, oracle.status, oracle.text]);
    }
  });

  test('is for a connection that has proved its client with this header within a minute, and for no other', async () => {
    const client = await proven();
    const other = await proven();
    const isDirect = async (as: ClientRecord, more?: Readonly<Record<string, string>>): Promise<boolean> => {
      const before = seen.direct;
      await post(TOKEN, KMS_READ, as, more);
      return seen.direct > before;
    };
    // The connection has proved the other one last.
    expect([await isDirect(client), await isDirect(client), await isDirect(other), await isDirect(other)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    clock.ms += 59_999;
    expect(await isDirect(other)).toBe(true);
    clock.ms += 1;
    expect([await isDirect(other), await isDirect(other)]).toEqual([false, true]);
    for (const name of ['origin', 'dpop', 'oauth-client-attestation']) expect(await isDirect(other, { [name]: 'x' })).toBe(false);
    for (const accept of ['application/token-introspection+jwt', 'Application/Token-Introspection+JWT'])
      expect(await isDirect(other, { accept })).toBe(false);
    const key = await dpopKey();
    const proof = await key.proof({ token: 'none', url: `${ISSUER}${TOKEN}`, method: 'POST' }, { claims: { ath: undefined } });
    expect((await post(TOKEN, KMS_READ, other, { dpop: proof })).json()).toMatchObject({ token_type: 'DPoP' });
  });

  test('is for no request without a secret, where another one over the same connection had its secret in the form', async () => {
    const client = await proven({ authMethod: 'client_secret_post' });
    using another = oneConnection(provider);
    const credentials = { client_id: client.clientId, client_secret: secretOf(client) };
    for (const authorization of ['', 'Basic', 'Bearer x']) {
      await another.post(TOKEN, { ...KMS_READ, ...credentials }, { authorization });
      const answer = await another.post(TOKEN, KMS_READ, { authorization });
      expect([authorization, answer.status, answer.json()]).toEqual([
        authorization,
        400,
        expect.objectContaining({ error: 'invalid_request' }),
      ]);
    }
  });

  test('comes after no wrong secret, and after no right one of a client that is gone, changed its secret or proves itself otherwise', async () => {
    const client = await proven();
    const wrong = { authorization: `Basic ${Buffer.from(`${client.clientId}:${randomUUIDv7()}`).toString('base64')}` };
    const before = seen.direct;
    expect((await post(TOKEN, KMS_READ, client, wrong)).status).toBe(401);
    expect(seen.direct).toBe(before);

    for (const change of [
      () => void provider.clients.delete(client.clientId),
      () => provider.register({ ...client, authMethod: 'none' }),
      () => void provider.secretVersions.set(client.clientId, 'another'),
    ]) {
      provider.register(client);
      await prove(client);
      change();
      const count = seen.direct;
      await post(TOKEN, KMS_READ, client);
      expect(seen.direct).toBe(count);
    }
  });
});

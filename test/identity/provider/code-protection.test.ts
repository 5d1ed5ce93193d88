import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';

const WITHOUT_PKCE = { code_challenge: null, code_challenge_method: null };
const reliesOnNonce = () =>
  aClient({ applicationType: 'web', authMethod: 'client_secret_basic', redirectUris: [REDIRECT], requiresPkce: false });
const REDIRECT = 'https://app.example/callback';

describe.each(databaseKinds())('A confidential client that is excepted from PKCE on %s', (kind) => {
  let provider: TestProvider & IdentityDatabase;
  beforeAll(async () => {
    provider = await providerOn(kind);
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  const answerTo = async (params: Readonly<Record<string, string | null>>, client = reliesOnNonce()) => {
    const account = anAccount();
    provider.register(account, client);
    const attempt = provider.attempt(client, { redirect_uri: REDIRECT, ...params });
    const { callback } = await provider.walk(provider.browser(), attempt.url, account);
    return { attempt, answer: Object.fromEntries(callback?.searchParams ?? []) };
  };

  it('gets its code and tokens by a nonce, which the ID token repeats', async () => {
    const { attempt, answer } = await answerTo(WITHOUT_PKCE);
    const form = { grant_type: 'authorization_code', code: String(answer['code']), redirect_uri: REDIRECT };
    const tokens = (await provider.post('/oauth2/token', form, attempt.client)).json<Tokens>();
    expect(decodeJwt(tokens.id_token)['nonce']).toBe(attempt.url.searchParams.get('nonce'));
  });

  it.each([
    ['neither nonce nor code_challenge', { nonce: null }],
    ['an empty nonce', { nonce: '' }],
    ['a nonce without the scope openid, which no ID token repeats', { scope: 'kms:read' }],
  ])('is refused with %s', async (_what, change) => {
    const { answer } = await answerTo({ ...WITHOUT_PKCE, ...change });
    expect(answer).toMatchObject({ error: 'invalid_request', error_description: expect.stringContaining('nonce') as string });
  });

  it('is held to a code_challenge that it sends, and sends no code_verifier without one', async () => {
    const { attempt, answer } = await answerTo({});
    const form = { grant_type: 'authorization_code', redirect_uri: REDIRECT };
    expect((await provider.post('/oauth2/token', { ...form, code: String(answer['code']) }, attempt.client)).json()).toMatchObject({
      error: 'invalid_grant',
    });
    const downgraded = await answerTo(WITHOUT_PKCE);
    expect((await provider.exchange(downgraded.attempt, String(downgraded.answer['code']))).json()).toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('is an exception: every other client is refused without PKCE, with a nonce too', async () => {
    const other = aClient({ applicationType: 'web', authMethod: 'client_secret_basic', redirectUris: [REDIRECT] });
    expect((await answerTo(WITHOUT_PKCE, other)).answer).toMatchObject({
      error: 'invalid_request',
      error_description: 'Authorization Server policy requires PKCE to be used for this request',
    });
  });
});

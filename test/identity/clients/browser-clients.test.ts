import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { createBrowser } from '#test/support/identity-browser.ts';
import { ISSUER, startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';

const PAGE = 'https://kms.example:8081/ui/swagger/';
const { origin: ORIGIN } = new URL(PAGE);
const client = (change: object = {}) => ({
  client_id: 'page-of-the-kms',
  name: 'Page of the KMS',
  redirect_uris: [PAGE],
  scopes: ['kms:read', 'kms:crypto'],
  ...change,
});

describe('A browser client of the configuration', () => {
  let running: TestIdentity;
  beforeAll(async () => {
    running = await startTestIdentity({ overlay: { browser_clients: [client()] } });
  });
  afterAll(() => running[Symbol.asyncDispose]());

  const codeFor = async (scope: string) => {
    const [verifier, state] = [oidc.randomPKCECodeVerifier(), unique('state')];
    const url = new URL('/oauth2/authorize', ISSUER);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: 'page-of-the-kms',
      redirect_uri: PAGE,
      scope,
      state,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();
    const browser = createBrowser({ fetch: running.fetch, origin: ISSUER });
    const login = await browser.visit(url.href);
    const consent = await browser.submit(login, { username: 'demo-user', password: 'demo-user-password', decision: 'login' });
    const back = new URL((await browser.submit(consent, { decision: 'allow' })).url);
    expect(back.href).toContain(PAGE);
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ state, iss: ISSUER });
    return { code: back.searchParams.get('code') ?? '', verifier };
  };
  const redeem = async ({ code, verifier }: { readonly code: string; readonly verifier: string }, origin: string) =>
    running.fetch(`${ISSUER}/oauth2/token`, {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'page-of-the-kms',
        redirect_uri: PAGE,
        code,
        code_verifier: verifier,
      }),
    });

  it('logs a person in for the KMS, with as much as the account may have, and gets no refresh token', async () => {
    const answer = await redeem(await codeFor('kms:read kms:crypto'), ORIGIN);
    const token = (await answer.json()) as { access_token: string };
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, ORIGIN]);
    expect(token).not.toHaveProperty('refresh_token');
    const [, payload = ''] = token.access_token.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      aud: KMS_RESOURCE,
      client_id: 'page-of-the-kms',
      scope: expect.stringContaining('kms:crypto') as string,
    });
  });

  it('lets scripts of its own origin alone read an answer', async () => {
    const answer = await redeem(await codeFor('kms:read'), 'https://evil.example');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('keeps its name: an operator makes no other client of it', async () => {
    const body = {
      client_id: 'page-of-the-kms',
      name: 'Another',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      redirect_uris: ['https://evil.example/'],
      scopes: ['kms:read'],
    };
    const answer = await running.admin('/admin/v1/clients', { method: 'POST', body });
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'client-id-used' }]);
  });
});

it.each([
  ['an address without TLS', { redirect_uris: ['http://kms.example/'] }],
  ['an address with a query', { redirect_uris: ['https://kms.example/?a=b'] }],
  ['no address', { redirect_uris: [] }],
  ['an address with a wildcard', { redirect_uris: ['https://kms.example/*'] }],
  ['no scope', { scopes: [] }],
  ['a scope of no API', { scopes: ['kms:read', 'kms:everything'] }],
])('Identity does not start with a browser client that has %s', async (_, change) => {
  await expect(startTestIdentity({ overlay: { browser_clients: [client(change)] } })).rejects.toMatchObject({ code: 'config-invalid' });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Walk } from '#client/browser/walk.ts';
import { authorizationRequest, codeOf } from '#client/identity/authorization-request.ts';
import { unique } from '#test/support/demo-engine.ts';

const endpoint = 'https://identity.example/authorize';
const issuer = 'https://identity.example';
const options = { clientId: unique('client'), redirectUri: 'http://127.0.0.1:4000/callback', scope: 'openid kms:read' };
const answer = { status: 303, headers: {}, setCookies: [], text: '', json: <T>() => ({}) as T };

describe('authorizationRequest', () => {
  it('asks for a code with PKCE S256, for the KMS, with a state and a nonce of its own', () => {
    const [one, other] = [authorizationRequest(endpoint, options), authorizationRequest(endpoint, options)];
    expect(Object.fromEntries(one.url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: options.clientId,
      redirect_uri: options.redirectUri,
      scope: options.scope,
      resource: 'urn:passthru:kms',
      code_challenge: createHash('sha256').update(one.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: one.state,
      nonce: one.nonce,
    });
    expect(new Set([one.verifier, one.state, one.nonce, other.verifier, other.state, other.nonce]).size).toBe(6);
  });

  it('replaces, adds and leaves out parameters; the redirect that was asked for is the one that is waited for', () => {
    const change = { redirect_uri: 'https://elsewhere.example/', resource: null, max_age: '0' };
    const { url, redirectUri } = authorizationRequest(endpoint, { ...options, change });
    expect([url.searchParams.get('max_age'), url.searchParams.has('resource')]).toEqual(['0', false]);
    expect(redirectUri).toBe('https://elsewhere.example/');
  });
});

describe('codeOf', () => {
  const request = authorizationRequest(endpoint, options);
  const walked = (parameters: Record<string, string>): Walk => ({
    callback: new URL(`${options.redirectUri}?${new URLSearchParams(parameters)}`),
    first: answer,
    last: answer,
    pages: [],
    filledIn: [],
  });
  const good = { code: unique('code'), state: request.state, iss: issuer };

  it('gives the code of a callback that answers the request', () => {
    expect(codeOf(walked(good), request, issuer)).toBe(good.code);
  });

  it.each([
    ['another state', { ...good, state: unique('state') }],
    ['another issuer', { ...good, iss: 'https://evil.example' }],
    ['no code', { state: good.state, iss: good.iss }],
  ])('refuses a callback with %s', (_, parameters) => {
    expect(() => codeOf(walked(parameters), request, issuer)).toThrow('code, state or iss differ');
  });

  it('says the error of a callback that is one, and why', () => {
    const refusal = { error: 'invalid_scope', error_description: 'requested scope is not allowed', state: good.state, iss: issuer };
    expect(() => codeOf(walked(refusal), request, issuer)).toThrow(
      expect.objectContaining({ code: 'invalid_scope', message: 'Identity refused: invalid_scope: requested scope is not allowed' }),
    );
    expect(() => codeOf(walked({ ...refusal, state: unique('state') }), request, issuer)).toThrow('code, state or iss differ');
  });

  it('refuses a walk that ended at a page', () => {
    expect(() =>
      codeOf({ ...walked({}), callback: null, last: { ...answer, text: '<title>Log in</title>' }, pages: ['login'] }, request, issuer),
    ).toThrow('the log-in ended at a page instead of the client after login: Log in');
  });
});

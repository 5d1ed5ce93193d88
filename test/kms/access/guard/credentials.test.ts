import { randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { ErrorDetail } from '#infra/http/problem.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import { credentialOf, type CredentialSource } from '#kms/access/guard/credentials.ts';

const challenges = createChallenges('detailed');
const peer = { commonName: `client-${randomUUIDv7()}`, uriSans: [], fingerprint256: 'AA:BB' };
const source = (authorizations: readonly string[], more: Partial<CredentialSource> = {}): CredentialSource => ({
  rawHeaders: ['Host', 'localhost', ...authorizations.flatMap((value) => ['Authorization', value])],
  query: {},
  peer: null,
  ...more,
});
const read = (authorizations: readonly string[], more: Partial<CredentialSource> = {}) =>
  credentialOf(source(authorizations, more), challenges);
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const all = (detail: ErrorDetail) => {
  const made = createChallenges(detail);
  return [made.invalidToken('the why'), made.invalidPassword(), made.unknownCertificate('the why'), made.insufficientScope('kms:sign')];
};
const statusOf = (run: () => unknown): number => {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error.status;
    throw error;
  }
  return 200;
};

describe('the credential of a request', () => {
  it('is nothing when there is none', () => {
    expect(read([])).toBeNull();
  });

  it('is a Bearer token, whatever the case of the scheme', () => {
    expect(read(['bEaReR abc.def-_~+/='])).toEqual({ kind: 'bearer', token: 'abc.def-_~+/=', peer: null });
  });

  it('is a user name and a password that may hold colons and any UTF-8', () => {
    expect(read([basic('münchen:pass:wörd 🔑')])).toEqual({ kind: 'basic', username: 'münchen', password: 'pass:wörd 🔑' });
  });

  it('is a client certificate when nothing else is there', () => {
    expect(read([], { peer })).toEqual({ kind: 'certificate', peer });
  });

  it('keeps the certificate beside a token, which may be bound to it', () => {
    expect(read(['Bearer abc'], { peer })).toEqual({ kind: 'bearer', token: 'abc', peer });
  });

  it.each([
    ['two Authorization headers', ['Bearer abc', 'Bearer abc'], {}],
    ['a Bearer and a Basic header', ['Bearer abc', basic('user:password')], {}],
    ['Basic beside a client certificate', [basic('user:password')], { peer }],
    ['a token in the query', [], { query: { access_token: 'abc' } }],
    ['a token in the query beside one in the header', ['Bearer abc'], { query: { access_token: 'abc' } }],
    ['two credentials in one header', ['Bearer abc, Basic dXNlcjpwYXNz'], {}],
    ['a Bearer without token', ['Bearer '], {}],
    ['a Basic value that is not base64', ['Basic !!!!'], {}],
    ['a Basic value with stray bits', ['Basic dXNlcjpwYXNzd29yZB=='], {}],
    ['a Basic value without colon', [basic('user')], {}],
    ['a Basic value with an empty user name', [basic(':password')], {}],
    ['a Basic value that is not UTF-8', [`Basic ${Buffer.from([0xff, 0x3a, 0x61]).toString('base64')}`], {}],
    ['a user name with a control character', [basic('us\u0000er:password')], {}],
    ['a password with a control character', [basic('user:pass\nword')], {}],
    ['a token longer than any of ours', [`Bearer ${'a'.repeat(8_193)}`], {}],
    ['a token with a control character', ['Bearer abc\u0000def'], {}],
  ])('refuses %s with 400', (_, authorizations, more) => {
    expect(statusOf(() => read(authorizations, more))).toBe(400);
  });

  it('refuses a name and a password that are longer than any with 401, before they are decoded', () => {
    expect(statusOf(() => read([`Basic ${'!'.repeat(2_740)}`]))).toBe(401);
    expect(statusOf(() => read([`Basic ${'!'.repeat(2_732)}`]))).toBe(400);
  });

  it('refuses a scheme that is not known with 401 and names those that are', () => {
    expect(() => read(['Negotiate abc'])).toThrow(
      expect.objectContaining({
        status: 401,
        headers: { 'www-authenticate': expect.stringMatching(/^Bearer .*, DPoP .*, Basic /) as string },
      }) as Error,
    );
  });

  it('answers whatever is sent with a credential, 400 or 401, never anything else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `Basic ${text}`),
          fc.string().map((text) => `Bearer ${text}`),
        ),
        (header) => {
          expect([200, 400, 401]).toContain(statusOf(() => read([header])));
        },
      ),
    );
  });
});

describe('challenges', () => {
  it('say with all detail what was wrong and which scope is missing', () => {
    const [token, , , scope] = all('detailed');
    expect(token?.headers['www-authenticate']).toBe('Bearer realm="passthru-kms", error="invalid_token", error_description="the why"');
    expect(scope).toMatchObject({ status: 403, members: { error: 'insufficient_scope', scope: 'kms:sign' } });
    expect(scope?.headers['www-authenticate']).toContain('scope="kms:sign"');
  });

  it('say with minimal detail no more than the status', () => {
    const [token, password, certificate, scope] = all('minimal');
    for (const error of [token, password, certificate])
      expect(error).toMatchObject({ status: 401, code: 'unauthenticated', message: 'Authentication failed.' });
    expect(
      JSON.stringify([token, password, certificate, scope].map((error) => [error?.message, error?.headers, error?.members])),
    ).not.toMatch(/the why|kms:sign/);
  });

  it('keep with minimal detail what was wrong for the log', () => {
    const wrong = 'User name or password is wrong.';
    expect(all('minimal').map(({ reason }) => reason)).toEqual(['the why', wrong, 'the why', 'This needs the scope kms:sign.']);
  });

  it('cannot be broken out of by quotes, line breaks or other characters', () => {
    const header = createChallenges('detailed').invalidToken('a"b\\c\r\nSet-Cookie: x=ü').headers['www-authenticate'] ?? '';
    expect(header).toMatch(/^[\x20-\x7E]+$/);
    expect(header.match(/"/g)).toHaveLength(6);
  });
});

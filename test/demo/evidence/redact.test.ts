import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDigests } from '#demo/evidence/redact/digests.ts';
import { looksRandom } from '#demo/evidence/redact/random-looking.ts';
import { redacted, redactedJson } from '#demo/evidence/redact/redact.ts';
import { viewOf } from '#demo/evidence/view.ts';
import type { Json } from '#infra/evidence/exchange.ts';

const secret = (bytes = 24): string => randomBytes(bytes).toString('base64url');
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

interface Sent {
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly form?: Record<string, string>;
  readonly body?: Record<string, unknown>;
  readonly answer?: Json | string;
  readonly answered?: Record<string, string>;
  readonly cookies?: readonly string[];
}

const shown = ({ url = 'https://kms.example/', headers = {}, form, body, answer = null, answered = {}, cookies = [] }: Sent) => {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const request = { method: 'POST', url, headers, body: body ?? null, form: form ?? null };
  const response = { status: 200, headers: answered, setCookies: cookies, text, json: <T>() => answer as T };
  const digests = createDigests();
  const kept = redacted(viewOf({ request, response, sentAt: 0, durationMs: 1 }, 'x1', 'kms.keys'), digests);
  return { digests, kept, text: JSON.stringify(kept) };
};

describe('an exchange that is kept', () => {
  it('shows no credential, wherever it travels', () => {
    const [password, cookie, code, state, token, verifier, plaintext] = Array.from({ length: 7 }, () => secret());
    const { text } = shown({
      url: `https://kms.example/cb?code=${code}&state=${state}&client_id=demo`,
      headers: {
        authorization: `Basic ${Buffer.from(`demo-user:${password}`).toString('base64')}`,
        cookie: `sid=${cookie}`,
        'x-csrf-token': secret(),
      },
      form: { grant_type: 'authorization_code', code: code ?? '', code_verifier: verifier ?? '', password: 'short' },
      answer: { access_token: token ?? '', refresh_token: token ?? '', plaintext: plaintext ?? '', note: `see ${token}` },
      answered: { location: `https://app.example/?code=${code}&iss=https%3A%2F%2Fidentity.example` },
      cookies: [`sid=${cookie}; Path=/; Secure`],
    });
    for (const each of [password, cookie, code, state, token, verifier, plaintext, 'short']) expect(text).not.toContain(each);
    for (const each of ['demo', 'authorization_code', 'https%3A%2F%2Fidentity.example', 'Path=/; Secure', 'Basic '])
      expect(text).toContain(each);
  });

  it('digests a header or a field of a form that nobody knows', () => {
    const { kept } = shown({ headers: { 'x-new': 'abc' }, form: { unheard_of: 'abc' }, answered: { 'x-new': 'abc' } });
    const digest = kept.request.headers['x-new'];
    expect(digest).toMatch(/^\[secret [\w-]{22}\]$/);
    expect([kept.answer.headers['x-new'], kept.request.body?.value]).toEqual([digest, { unheard_of: digest }]);
  });

  it('digests a text that looks random under any name, but for ids and public keys', () => {
    const [hidden, open, id] = [secret(), secret(32), randomUUIDv7()];
    const { kept } = shown({
      answer: { anything: hidden, deep: [{ here: hidden }], x: open, id, created_by: id, name: 'demo-encryption-key' },
    });
    const value = kept.answer.body?.value as Record<string, unknown>;
    expect(value).toMatchObject({ x: open, id, created_by: id, name: 'demo-encryption-key' });
    expect(JSON.stringify(value)).not.toContain(hidden);
    expect(value['deep']).toEqual([{ here: value['anything'] }]);
  });

  it('leaves a token its header and claims, and takes its signature', () => {
    const [header, claims, signature] = [part({ alg: 'ES256', typ: 'at+jwt' }), part({ iss: 'https://i.example', sub: 's' }), secret(64)];
    const { kept, digests } = shown({ answer: { access_token: `${header}.${claims}.${signature}` } });
    expect(kept.answer.body?.value).toMatchObject({
      access_token: expect.stringMatching(new RegExp(`^${header}\\.${claims}\\.\\[secret [\\w-]{22}\\]$`)),
    });
    expect(digests.isSecret(`${header}.${claims}.${signature}`)).toBe(true);
  });

  it('leaves of a ciphertext, and of a signature over other bytes, the header alone', () => {
    const jwe = [part({ alg: 'A256KW', enc: 'A256GCM' }), secret(40), secret(12), secret(30), secret(16)].join('.');
    const jws = [part({ alg: 'ES256' }), Buffer.from('a private letter').toString('base64url'), secret(64)].join('.');
    const value = shown({ answer: { ciphertext: jwe, jws } }).kept.answer.body?.value as Record<string, string>;
    expect(value['ciphertext']?.split('.')).toHaveLength(5);
    for (const piece of [...jwe.split('.').slice(1), ...jws.split('.').slice(1)]) expect(JSON.stringify(value)).not.toContain(piece);
  });

  it('holds of a page no more than title, heading and forms, whose hidden values are digested', () => {
    const token = secret();
    const page = `<title>Log in</title><h1>Who are you?</h1><p>private text</p><form method="post" action="/login/${token}"><input type="hidden" name="xsrf" value="${token}"><input type="password" name="password"></form>`;
    const { kept, text } = shown({ answer: page, answered: { 'content-type': 'text/html; charset=utf-8' } });
    expect(kept.answer.body?.value).toMatchObject({ title: 'Log in', heading: 'Who are you?', asks_for_password: true });
    expect(text).not.toContain('private text');
    expect(text).not.toContain(token);
  });

  it('takes a private key apart: its public members stay', () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: secret(32), d: secret(32) };
    expect(redactedJson(jwk, createDigests())).toEqual({ ...jwk, d: expect.stringMatching(/^\[secret /) });
  });
});

describe('the digest of a secret', () => {
  it('is the same for the same secret of one bundle, and another in the next', () => {
    const [one, other, password] = [createDigests(), createDigests(), 'demo-user-password'];
    expect(one.of(password)).toBe(one.of(password));
    expect(one.of(password)).not.toBe(one.of(`${password}x`));
    expect(one.of(password)).not.toBe(other.of(password));
  });
});

describe('a text that looks random', () => {
  it('is a token, a key or a hash of any encoding, but for the rarest', () => {
    const missed = Array.from({ length: 500 }, () => [secret(16), randomBytes(16).toString('hex'), randomBytes(20).toString('base64')])
      .flat()
      .filter((text) => !looksRandom(text));
    // One in some ten thousands has too few changes of case; a name that says what it is, or its header, gives that one away.
    expect(missed.length).toBeLessThanOrEqual(2);
  });

  it.each([
    'elastic-key-not-found',
    'listElasticKeys',
    '2026-11-28T12:00:00.000Z',
    randomUUIDv7(),
    `flow-${randomUUIDv7()}`,
    'urn:passthru:kms',
    'kms:elastic-keys:create',
  ])('is not %s', (text) => expect(looksRandom(text)).toBe(false));
});

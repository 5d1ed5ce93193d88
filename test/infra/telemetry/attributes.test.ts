import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { allowedAttributes, redact } from '#infra/telemetry/attributes.ts';

describe('attributes', () => {
  it('are those of the list and no others', () => {
    const id = randomUUIDv7();
    expect(
      allowedAttributes({
        tenant_id: id,
        authorization: id,
        'url.query': id,
        password: id,
        constructor: id,
        port: 0,
        state: undefined,
        cause: null,
      }),
    ).toEqual({
      tenant_id: id,
      port: 0,
    });
  });

  it('are labels: a long text is cut', () => {
    expect(allowedAttributes({ reason: 'x'.repeat(10_000) })['reason']).toHaveLength(256);
  });
});

describe('redaction', () => {
  const secret = randomUUIDv7();

  it.each([
    `Bearer ${secret}`,
    `bearer ${secret}`,
    `DPoP ${secret}`,
    `Basic ${Buffer.from(secret).toString('base64')}`,
    `eyJhbGciOiJBMjU2S1cifQ.${secret}.aXY.Y2lwaGVy.dGFn`,
    `access_token=${secret}`,
    `"refresh_token": "${secret}"`,
    `{"password":"${secret}"}`,
    `client_secret='${secret}'`,
    `https://localhost/callback?state=1&code=${secret}`,
    `code_verifier=${secret}`,
    `$pbkdf2-sha256$i=600000$c2FsdA$${secret}`,
    `passthru-share-v1.${secret}.2.3.1.abc.def`,
    `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
    `-----BEGIN EC PRIVATE KEY-----\n${secret}`,
  ])('takes the secret out of %s', (text) => {
    const clean = redact(`before ${text} after`);
    expect(clean).not.toContain(secret);
    expect(clean).not.toContain(Buffer.from(secret).toString('base64'));
    expect(clean).toContain('[redacted]');
    expect(clean.startsWith('before ')).toBe(true);
  });

  it.each([
    `key ${secret} of tenant ${secret} not found`,
    'listening on 127.0.0.1:8081',
    'error code ECONNREFUSED',
    'basic realm',
    'password is too long',
  ])('leaves %s alone', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('takes no longer for a text made to be slow', () => {
    const started = performance.now();
    for (const text of [
      'eyJ'.repeat(20_000),
      `eyJ${'a.'.repeat(40_000)}`,
      'token='.repeat(10_000),
      'Bearer '.repeat(10_000),
      '-----BEGIN A '.repeat(8_000),
    ])
      redact(text);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

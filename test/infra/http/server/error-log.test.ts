import { randomUUIDv7 } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AppError, InternalError } from '#infra/apperr/app-error.ts';
import type { App, ServerOptions } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import type { Attributes } from '#infra/telemetry/telemetry.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly attributes: Attributes | undefined;
}

let pki: Pki;
const open: App[] = [];

beforeAll(async () => {
  pki = await makePki();
});
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});
afterAll(() => pki[Symbol.asyncDispose]());

/** The answer to the client and the log when the handler of `/things/:id` throws this. */
const failing = async (thrown: Error, options: Partial<ServerOptions> = {}) => {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, attributes?: Attributes) => void lines.push({ level, message, attributes });
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const telemetry = { ...noTelemetry(), log };
  const app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry, ...options });
  open.push(app);
  app.get('/things/:id', () => Promise.reject(thrown));
  const answer = await app.inject({ url: `/things/${randomUUIDv7()}`, headers: { host: 'localhost' } });
  return { status: answer.statusCode, text: answer.payload, headers: answer.headers, lines };
};

describe('The log line of a request', () => {
  it.each([401, 403])('that was refused with %i has the reason that its answer leaves out', async (refused) => {
    const reason = `The token was revoked ${randomUUIDv7()}`;
    const { status, text, lines } = await failing(new AppError('unauthenticated', refused, 'Authentication failed.', { reason }));
    expect(status).toBe(refused);
    expect(text).not.toContain(reason);
    expect(lines).toEqual([
      {
        level: 'warn',
        message: `GET /things/:id refused with ${refused}: unauthenticated: ${reason}`,
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/things/:id',
          'http.response.status_code': refused,
          code: 'unauthenticated',
          reason,
          'client.address': '127.0.0.1',
        },
      },
    ]);
  });

  it('that was refused has the message, and what lies beneath, where there is no other reason', async () => {
    const { lines } = await failing(new AppError('token-invalid', 401, 'The token is wrong.', { cause: new Error('signature mismatch') }));
    expect(lines.map(({ message }) => message)).toEqual([
      'GET /things/:id refused with 401: token-invalid: The token is wrong.; caused by signature mismatch',
    ]);
  });

  it('that got 503 has every cause down to the root', async () => {
    const path = `/run/secrets/${randomUUIDv7()}`;
    const root = Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT', syscall: 'open' });
    const between = new AppError('tls-file-unreadable', 500, 'a file cannot be read', { cause: root });
    const { status, text, lines } = await failing(new AppError('database-unavailable', 503, 'no database', { cause: between }));
    expect(status).toBe(503);
    expect(text).not.toContain(path);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'error', attributes: { code: 'database-unavailable', 'http.response.status_code': 503 } });
    expect(lines[0]?.message).toBe(
      `GET /things/:id failed with 503: database-unavailable: no database; caused by tls-file-unreadable: a file cannot be read; caused by ${root.message}`,
    );
  });

  it('that got 503 has the cause that minimal detail leaves out of the answer; when to come again stays', async () => {
    const thrown = new AppError('row-damaged', 503, 'A row of the KMS is damaged.', {
      fix: 'Ask the operator.',
      headers: { 'retry-after': '7' },
    });
    const { status, text, headers, lines } = await failing(thrown, { detail: 'minimal' });
    expect([status, headers['retry-after'], JSON.parse(text)]).toEqual([
      503,
      '7',
      {
        type: 'urn:passthru:problem:unavailable',
        title: 'Service Unavailable',
        status: 503,
        detail: 'The service cannot answer this now.',
        code: 'unavailable',
      },
    ]);
    expect(lines).toMatchObject([{ level: 'error', attributes: { code: 'row-damaged' } }]);
  });

  it('that got 500 has the code and the causes, of which minimal detail tells nothing', async () => {
    const thrown = new AppError('password-hash-invalid', 500, 'a stored password has too few rounds', { fix: 'Set it anew.' });
    const { status, text, lines } = await failing(thrown, { detail: 'minimal' });
    const bare = await failing(new Error('a bug'), { detail: 'minimal' });
    expect([status, JSON.parse(text)]).toEqual([
      500,
      {
        type: 'urn:passthru:problem:internal-error',
        title: 'Internal Server Error',
        status: 500,
        detail: 'The server met an unexpected state.',
        code: 'internal-error',
      },
    ]);
    expect(text).toBe(bare.text);
    expect(lines).toMatchObject([
      {
        level: 'error',
        message: expect.stringContaining('a stored password has too few rounds') as string,
        attributes: { code: 'password-hash-invalid' },
      },
    ]);
  });

  it('that a client can mend says what is wrong in minimal detail, too', async () => {
    const { text } = await failing(new AppError('key-in-use', 409, 'The key is in use.'), { detail: 'minimal' });
    expect(text).toContain('The key is in use.');
  });

  it('that met a bug has its stack and its causes', async () => {
    const { status, lines } = await failing(new InternalError('no such state', { cause: new Error('beneath') }));
    expect(status).toBe(500);
    expect(lines.map(({ level }) => level)).toEqual(['error']);
    expect(lines[0]?.message).toMatch(/no such state\n\s+at .*error-log\.test\.ts[\s\S]*; caused by beneath$/);
  });

  it('is not written for a mistake of the client', async () => {
    const { lines } = await failing(new AppError('elastic-key-not-found', 404, 'There is no such key.', { cause: new Error('beneath') }));
    expect(lines).toEqual([]);
  });
});

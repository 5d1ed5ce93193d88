import { randomUUIDv7 } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { type DependencyCheck, registerHealth } from '#infra/http/health.ts';
import { type App, createServer } from '#infra/http/server.ts';
import { noTelemetry } from '#infra/telemetry/telemetry.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
const open: App[] = [];

beforeAll(async () => {
  pki = await makePki();
});
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});
afterAll(() => pki[Symbol.asyncDispose]());

const serve = async (...dependencies: readonly DependencyCheck[]): Promise<App> => {
  const app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
  open.push(app);
  registerHealth(app, { dependencies });
  return app;
};

interface Ready {
  readonly dependencies: Readonly<Record<string, { readonly state: string; readonly cause: string | null }>>;
}

const look = async (app: App) => {
  const answer = await app.inject({ url: '/readyz', headers: { host: 'localhost' } });
  return { status: answer.statusCode, text: answer.payload, dependencies: answer.json<Ready>().dependencies };
};

const databaseDown = (check: () => Promise<void>): DependencyCheck => ({ name: 'database', required: true, check });

describe('The cause in /readyz', () => {
  it('names the kind of a system error, and no path of the server', async () => {
    const folder = join('/', randomUUIDv7(), 'data');
    const check = () =>
      access(folder).catch((cause: unknown) => {
        throw new AppError('database-folder-unusable', 503, 'the database folder cannot be used', { cause });
      });
    const { status, text, dependencies } = await look(await serve(databaseDown(check)));
    expect(status).toBe(503);
    expect(dependencies['database']?.cause).toBe('the database folder cannot be used: ENOENT (access)');
    expect(text).not.toContain(folder);
  });

  it('keeps the words of every AppError on the way down', async () => {
    const refused = new AppError('connection-refused', 503, 'identity refuses connections');
    const check = () => Promise.reject(new AppError('identity-unavailable', 503, 'Identity does not answer', { cause: refused }));
    const { dependencies } = await look(await serve(databaseDown(check)));
    expect(dependencies['database']?.cause).toBe('Identity does not answer: identity refuses connections');
  });

  it.each<[string, Error, string]>([
    [
      'the code of a PostgreSQL error, not its user',
      Object.assign(new Error('password authentication failed for user "kms"'), { code: '28P01' }),
      '28P01',
    ],
    [
      'the code of a TLS error, not its host',
      Object.assign(new Error("Host: db.internal. is not in the cert's altnames"), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    ['nothing of a plain error that names a path', new Error('no secret in /run/secrets/kms'), 'Error'],
    ['nothing of a bug', new TypeError('kms.db is not a function'), 'TypeError'],
    ['the words of a plain error without a path', new Error('Connection terminated unexpectedly'), 'Connection terminated unexpectedly'],
  ])('says %s', async (_, cause, said) => {
    const check = () => Promise.reject(new AppError('database-unavailable', 503, 'the database does not answer', { cause }));
    const { text, dependencies } = await look(await serve(databaseDown(check)));
    expect(dependencies['database']?.cause).toBe(`the database does not answer: ${said}`);
    expect(text).not.toMatch(/kms|db\.internal|run\/secrets/);
  });
});

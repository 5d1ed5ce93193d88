import { randomUUIDv7 } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { DependencyCheck } from '#infra/http/health.ts';
import { registerHealth } from '#infra/http/health.routes.ts';
import { watchOptional } from '#infra/http/optional-dependencies.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
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

const serve = async (dependency: DependencyCheck, elapsed?: () => number): Promise<App> => {
  const app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
  open.push(app);
  registerHealth(app, { dependencies: [dependency], ...(elapsed === undefined ? {} : { elapsed }) });
  return app;
};

interface Ready {
  readonly dependencies: Readonly<Record<string, { readonly state: string; readonly cause: string | null }>>;
}

const look = async (app: App) => {
  const answer = await app.inject({ url: '/readyz', headers: { host: 'localhost' } });
  return { status: answer.statusCode, text: answer.payload, dependencies: answer.json<Ready>().dependencies };
};

const database = (check: () => Promise<void>): DependencyCheck => ({ name: 'database', required: true, check });

describe('The cause in /readyz', () => {
  it('names the kind of a system error, and no path of the server', async () => {
    const folder = join('/', randomUUIDv7(), 'data');
    const check = () =>
      access(folder).catch((cause: unknown) => {
        throw new AppError('database-folder-unusable', 503, 'the database folder cannot be used', { cause });
      });
    const { status, text, dependencies } = await look(await serve(database(check)));
    expect(status).toBe(503);
    expect(dependencies['database']?.cause).toBe('the database folder cannot be used: ENOENT (access)');
    expect(text).not.toContain(folder);
  });

  it('keeps the words of every AppError on the way down', async () => {
    const refused = new AppError('connection-refused', 503, 'identity refuses connections');
    const check = () => Promise.reject(new AppError('identity-unavailable', 503, 'Identity does not answer', { cause: refused }));
    const { dependencies } = await look(await serve(database(check)));
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
    const { text, dependencies } = await look(await serve(database(check)));
    expect(dependencies['database']?.cause).toBe(`the database does not answer: ${said}`);
    expect(text).not.toMatch(/kms|db\.internal|run\/secrets/);
  });
});

describe('/readyz in minimal detail', () => {
  it.each([
    ['up', async () => {}, 200, { status: 'ready' }],
    [
      'down',
      () => Promise.reject(new AppError('database-unavailable', 503, 'the database does not answer')),
      503,
      {
        type: 'urn:passthru:problem:not-ready',
        title: 'Service Unavailable',
        status: 503,
        detail: 'The service is not ready.',
        code: 'not-ready',
      },
    ],
  ] as const)('says of a dependency that is %s no more than whether the service can serve', async (_, check, status, body) => {
    const app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
    open.push(app);
    registerHealth(app, { dependencies: [database(check)], detail: 'minimal' });

    const answer = await app.inject({ url: '/readyz', headers: { host: 'localhost' } });

    expect([answer.statusCode, answer.json()]).toEqual([status, body]);
  });
});

describe('Many who ask /readyz', () => {
  it('at once make one look at a dependency', async () => {
    const everybody = Promise.withResolvers<void>();
    let looks = 0;
    const check = async () => {
      looks += 1;
      await everybody.promise;
    };
    const app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
    open.push(app);
    let asked = 0;
    app.addHook('preHandler', async () => {
      asked += 1;
      if (asked === 100) everybody.resolve();
    });
    registerHealth(app, { dependencies: [database(check)], elapsed: () => 0 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => look(app)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
    expect(looks).toBe(1);
  });

  it.each([
    ['up', null],
    ['down', 'no more'],
  ])('share a look that found it %s for less than the pause between two looks of the CLI, and no longer', async (state, fails) => {
    const clock = { now: 0 };
    let looks = 0;
    const check = async () => {
      looks += 1;
      if (fails !== null) throw new Error(fails);
    };
    const app = await serve(database(check), () => clock.now);
    const states = async () => (await look(app)).dependencies['database']?.state;
    expect([await states(), await states()]).toEqual([state, state]);
    expect(looks).toBe(1);
    clock.now = 40;
    expect(await states()).toBe(state);
    expect(looks).toBe(2);
  });

  it('see that a dependency went down, and that it is back, at the next look', async () => {
    const clock = { now: 0 };
    let isUp = true;
    const check = async () => {
      if (!isUp) throw new Error('no more');
    };
    const app = await serve(database(check), () => clock.now);
    const seen = [];
    for (const next of [true, false, true]) {
      isUp = next;
      clock.now += 40;
      seen.push((await look(app)).status);
    }
    expect(seen).toEqual([200, 503, 200]);
  });
});

describe('An optional dependency', () => {
  const telemetry = (check: () => Promise<void>): DependencyCheck => ({ name: 'telemetry', required: false, check });
  const started: { readonly name: string; run(): Promise<void> }[] = [];
  const jobs = {
    start: (job: Job) => {
      started.push({ name: job.name, run: () => job.run(new AbortController().signal) });
      return { [Symbol.asyncDispose]: async () => {} };
    },
  };
  const serveWatched = async (check: () => Promise<void>, elapsed: () => number) => {
    started.length = 0;
    const app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
    open.push(app);
    registerHealth(app, { dependencies: watchOptional([telemetry(check)], { jobs, elapsed }) });
    return app;
  };

  it('that hangs holds up nobody: the answer is that of the last look', async () => {
    const clock = { elapsed: 0 };
    const hangs = new Promise<void>(() => {});
    let answer: Promise<void> = Promise.resolve();
    const app = await serveWatched(
      () => answer,
      () => clock.elapsed,
    );
    await look(app);
    answer = hangs;
    clock.elapsed += 40;
    for (let n = 0; n < 3; n += 1) expect((await look(app)).dependencies['telemetry']?.state).toBe('up');
  });

  it('that hangs from the start is down, because it was not looked at yet', async () => {
    const app = await serveWatched(
      () => new Promise(() => {}),
      () => 0,
    );
    const { status, dependencies } = await look(app);
    expect([status, dependencies['telemetry']]).toEqual([
      200,
      { state: 'down', required: false, latency_ms: 0, cause: 'telemetry was not looked at yet' },
    ]);
  });

  it('is looked at by a job while nobody asks, and by whoever asks for the next one', async () => {
    const clock = { elapsed: 0 };
    let isUp = true;
    const check = async () => {
      if (!isUp) throw new Error('no more');
    };
    const app = await serveWatched(check, () => clock.elapsed);
    expect(started.map(({ name }) => name)).toEqual(['look-at-telemetry']);
    isUp = false;
    clock.elapsed += 40;
    await started[0]?.run();
    expect((await look(app)).dependencies['telemetry']).toMatchObject({ state: 'down', cause: 'no more' });
    isUp = true;
    clock.elapsed += 40;
    await look(app);
    await expect.poll(async () => (await look(app)).dependencies['telemetry']?.state).toBe('up');
  });
});

describe('Background jobs in /readyz', () => {
  const state = { running: false, last_run: '2026-01-01T00:00:00.000Z', duration_ms: 12, last_error: 'the database is busy' };
  const jobs = { states: () => ({ sweep: state, other: { running: true, last_run: null, duration_ms: null, last_error: null } }) };

  it.each([
    [200, () => Promise.resolve()],
    [503, () => Promise.reject(new Error('gone'))],
  ])('stand beside the dependencies of an answer with %d, and one that fails changes no status', async (status, check) => {
    const app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
    open.push(app);
    registerHealth(app, { dependencies: [database(check)], jobs });
    const answer = await app.inject({ url: '/readyz', headers: { host: 'localhost' } });
    expect(answer.statusCode).toBe(status);
    expect(answer.json<{ jobs: unknown }>().jobs).toEqual(jobs.states());
  });
});

import type { EventEmitter } from 'node:events';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { ErrorDetail } from '#infra/http/problem.ts';
import type { Refusal } from '#infra/http/refusals.ts';
import { noteAddress } from '#identity/provider/seams/client-secret.ts';
import { answerFailures, answerNotFound } from '#identity/provider/seams/failures.ts';
import { startBareProvider } from './bare-provider.ts';

const FORM = { grant_type: 'client_credentials' };
const BUSY = new AppError('password-queue-full', 429, 'Too many log-ins at once.', { headers: { 'retry-after': '1' } });
const DOWN = new AppError('database-unavailable', 503, 'The database does not answer.', { cause: new Error('ECONNREFUSED') });

/** Fails where a token is made. */
const failing = (error: Error): Configuration => ({
  extraTokenClaims: async () => {
    throw error;
  },
});

const withSeams = (detail: ErrorDetail = 'detailed') => {
  const lines: string[] = [];
  const refused: Refusal[] = [];
  const line = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  const install = (provider: Provider): void => {
    const failures = answerFailures(provider, {
      log,
      refusals: { refused: (refusal) => void refused.push(refusal) },
      detail,
      failurePage: ({ code, message }) => `<p>${code}: ${message}</p>`,
    });
    provider.use(async (context, next) => {
      const ctx = context as unknown as KoaContextWithOIDC;
      noteAddress(ctx);
      try {
        await next();
        failures.after(ctx);
        answerNotFound(ctx);
      } catch (error) {
        failures.thrown(ctx, error);
      }
    });
  };
  return { lines, refused, install };
};

test('oidc-provider answers 500 to an error of ours, whatever its status', async () => {
  await using bare = await startBareProvider({ configuration: failing(DOWN) });

  const answer = await bare.post('/token', FORM);

  expect([answer.status, await answer.json()]).toEqual([500, expect.objectContaining({ error: 'server_error' })]);
});

test('with the seam a person hears it by a page', async () => {
  const { install } = withSeams();
  const down = (): never => {
    throw BUSY;
  };
  await using bare = await startBareProvider({ install });
  const target = new URLSearchParams({ client_id: 'nobody' });
  bare.provider.Client.find = down;

  const answer = await bare.send(`/session/end?${target.toString()}`, { headers: { accept: 'text/html' } });

  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    429,
    'text/html; charset=utf-8',
    `<p>${BUSY.code}: ${BUSY.message}</p>`,
  ]);
});

test('with the seam one who asks too often hears it, and goes into the sums of the log', async () => {
  const { lines, refused, install } = withSeams();
  await using bare = await startBareProvider({ configuration: failing(BUSY), install });

  const answer = await bare.post('/token', FORM);

  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await answer.json()).toEqual({ error: 'temporarily_unavailable', error_description: BUSY.message });
  expect(lines).toEqual([]);
  expect(refused).toEqual([
    {
      address: expect.stringMatching(/127\.0\.0\.1|::1/) as string,
      status: 429,
      code: 'password-queue-full',
      message: 'POST /token refused with 429: password-queue-full',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/token',
        'http.response.status_code': 429,
        code: 'password-queue-full',
        reason: BUSY.message,
      },
    },
  ]);
});

test('with the seam an outage of ours keeps its status, and the log has its causes', async () => {
  const { lines, install } = withSeams();
  await using bare = await startBareProvider({ configuration: failing(DOWN), install });

  const answer = await bare.post('/token', FORM);

  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, null]);
  expect(await answer.json()).toEqual({ error: 'temporarily_unavailable', error_description: DOWN.message });
  expect(lines).toEqual([
    expect.stringMatching(/^error: POST \/token failed with 503: .*The database does not answer\.; caused by .*ECONNREFUSED/),
  ]);
});

test('with the seam, in minimal detail, an outage says nothing of its cause, and the log does', async () => {
  const { lines, install } = withSeams('minimal');
  await using bare = await startBareProvider({ configuration: failing(DOWN), install });

  const answer = await bare.post('/token', FORM);

  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ error: 'temporarily_unavailable', error_description: 'The service cannot answer this now.' });
  expect(lines).toEqual([expect.stringMatching(/The database does not answer/)]);
});

test('with the seam any other error stays a server error that says nothing, and the log says why', async () => {
  const { lines, install } = withSeams();
  await using bare = await startBareProvider({ configuration: failing(new Error('select * from secret')), install });

  const answer = await bare.post('/token', FORM);

  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('secret');
  expect(lines).toEqual([expect.stringMatching(/^error: POST \/token failed: .*select \* from secret/)]);
});

test("with the seam Koa's own errors go to our log", async () => {
  const { lines, install } = withSeams();
  await using bare = await startBareProvider({ install });

  (bare.provider as EventEmitter).emit('error', new Error('the socket is gone'));

  expect(lines).toEqual([expect.stringMatching(/^error: Identity provider: .*the socket is gone/)]);
});

test('Koa answers in plain text where oidc-provider has no answer; with the seam it is a Problem', async () => {
  await using bare = await startBareProvider();
  await using mended = await startBareProvider({ install: withSeams().install });
  const ask = async (of: typeof bare) => {
    const answer = await of.send('/token', { method: 'OPTIONS' });
    return [answer.status, answer.headers.get('content-type')?.split(';')[0]];
  };

  expect(await ask(bare)).toEqual([404, 'text/plain']);
  expect(await ask(mended)).toEqual([404, 'application/problem+json']);
});

test.each([
  ['an outage', DOWN, 503, 'database-unavailable: The database does not answer.'],
  ['a bug', new Error('a secret of the server'), 500, 'internal-error: The server met an unexpected state.'],
])(
  'with the seam %s outside of every route is a page for people and an error of OAuth for programs',
  async (_kind, error, status, words) => {
    const { lines, install } = withSeams();
    const failLate = (provider: Provider): void => {
      install(provider);
      provider.use(async (_context, next) => {
        await next();
        throw error;
      });
    };
    await using bare = await startBareProvider({ install: failLate });

    const page = await bare.send('/session/end', { headers: { accept: 'text/html' } });
    const json = await bare.post('/token', FORM);

    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
      status,
      'text/html; charset=utf-8',
      `<p>${words}</p>`,
    ]);
    expect([json.status, await json.json()]).toEqual([
      status,
      expect.objectContaining({ error: expect.stringMatching(/^(server_error|temporarily_unavailable)$/) }),
    ]);
    expect(lines).toHaveLength(2);
  },
);

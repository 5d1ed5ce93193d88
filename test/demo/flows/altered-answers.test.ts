import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConnections } from '#client/session/connections.ts';
import type { Session } from '#client/session/session.ts';
import type { Check } from '#demo/events.ts';
import { run as pkceRefusals } from '#demo/flows/identity/pkce-refusals.ts';
import { run as tokens } from '#demo/flows/identity/tokens.ts';
import { run as tokenRefusals } from '#demo/flows/integration/refusals/token-refusals.ts';
import { plan } from '#demo/plan.ts';
import { run } from '#demo/run.ts';
import { createChecker } from '#demo/step/checker.ts';
import { sleep } from '#demo/step/sleep.ts';
import { type StackAccess, stackAccess } from '#demo/step/stack-access.ts';
import type { StepWork } from '#demo/step/step.ts';
import { type Engine, SERVICES } from '#engine/engine.ts';
import type { HttpsRequest, HttpsResponse } from '#infra/http/client.ts';
import { ROOT, testStack, type TestStack } from '#test/support/engine.ts';

const never = new AbortController().signal;

let place: TestStack;
let engine: Engine;

beforeAll(async () => {
  place = await testStack();
  engine = place.engine({ packageRoot: ROOT });
  const all = plan({ command: 'all' });
  const started = { ...all, steps: all.steps.filter(({ phase, id }) => phase === 'bring-up' || id === 'seed.tenants') };
  const { outcome } = await run(started, { engine, emit: () => {}, signal: never, healthTimeoutMs: 60_000 });
  if (outcome !== 'passed') throw new Error(`the stack did not come up: ${outcome}`);
}, 180_000);
afterAll(() => place?.[Symbol.asyncDispose](), 60_000);

type Alter = (request: HttpsRequest, answer: HttpsResponse) => HttpsResponse;

/** The sessions of a stack, each answer changed on its way. */
const altering = (real: StackAccess, alter: Alter): StackAccess => {
  const wrap = (session: Session): Session => {
    const request = async (wanted: HttpsRequest) => alter(wanted, await session.request(wanted));
    return {
      request,
      get: (url, headers = {}) => request({ url, headers }),
      post: (url, form, headers = {}) => request({ method: 'POST', url, form, headers }),
    };
  };
  return { ...real, session: async (options) => wrap(await real.session(options)) };
};

/** Ids of the checks of a step that fail. */
const failures = async (work: StepWork, alter: Alter = (_request, answer) => answer): Promise<readonly string[]> => {
  const checks: Check[] = [];
  const endpoints = engine.endpoints();
  await using connections = createConnections({ caFile: endpoints.caFile });
  const stack = altering(stackAccess({ endpoints, connections, signal: never }), alter);
  const ignore = (): void => {};
  await work({
    engine,
    stack,
    services: SERVICES,
    check: createChecker((check) => void checks.push(check), never),
    progress: ignore,
    warn: ignore,
    healthy: ignore,
    start: (service) => engine.up(service, never),
    byHand: null,
    signal: never,
    now: Date.now,
    sleep,
    healthTimeoutMs: 30_000,
  });
  expect(checks.length).toBeGreaterThan(5);
  return checks.filter(({ status }) => status === 'failed').map(({ id }) => id);
};

const pathOf = ({ url }: HttpsRequest): string => new URL(url).pathname;
const json = (answer: HttpsResponse, body: unknown): HttpsResponse => ({
  ...answer,
  status: 200,
  headers: {},
  text: JSON.stringify(body),
  json: <T>() => body as T,
});

describe('the flows', () => {
  it.each([
    ['PKCE refusals', pkceRefusals],
    ['token life cycle', tokens],
    ['token refusals', tokenRefusals],
  ])('pass on servers that are left as they are: %s', async (_name, work) => {
    expect(await failures(work)).toEqual([]);
  });

  it('see an access token that outlives the replay of its code', async () => {
    const alive: Alter = (request, answer) => (pathOf(request) === '/oauth2/introspect' ? json(answer, { active: true }) : answer);
    expect(await failures(pkceRefusals, alive)).toEqual(['replay-revokes']);
  });

  it('see a logout that does not ask', async () => {
    const silent: Alter = (request, answer) =>
      pathOf(request) === '/oidc/logout' ? { ...answer, text: '<h1>You are logged out</h1>' } : answer;
    expect(await failures(tokens, silent)).toEqual(['logout', 'logged-out']);
  });

  it('see a logout whose end is another page', async () => {
    const elsewhere: Alter = (request, answer) =>
      pathOf(request) === '/oidc/logout/success' ? { ...answer, text: '<h1>Welcome</h1>' } : answer;
    expect(await failures(tokens, elsewhere)).toEqual(['logout']);
  });

  it('see a KMS that takes an access token which Identity gave for something else', async () => {
    const isOpaque = ({ headers = {} }: HttpsRequest): boolean => /^Bearer [^.]+$/.test(headers['authorization'] ?? '');
    const careless: Alter = (request, answer) =>
      pathOf(request).endsWith('/elastic-keys') && isOpaque(request) ? json(answer, { items: [], next_cursor: null }) : answer;
    expect(await failures(tokenRefusals, careless)).toEqual(['other-resource']);
  });
});

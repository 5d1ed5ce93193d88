import type { DemoEvent, StepInfo } from '#demo/events.ts';
import { advance, NOT_STARTED, outcomeOf } from '#demo/outcome.ts';
import type { Report } from '#demo/report.ts';
import { toReport } from '#demo/to-report.ts';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

const step = (id: string, title: string, ...needs: string[]): StepInfo => ({ id, phase: id.split('.')[0] ?? '', title, needs });

const STEPS = [
  step('bring-up.certificates', 'Certificates'),
  step('bring-up.telemetry', 'Telemetry', 'bring-up.certificates'),
  step('identity.pkce', 'PKCE log-in', 'bring-up.telemetry'),
  step('kms.keys', 'Elastic keys', 'bring-up.telemetry'),
  step('kms.crypto', 'Crypto', 'kms.keys'),
] as const;

const started = (index: number, at: number): DemoEvent => ({
  type: 'step-started',
  at: START + at,
  step: STEPS[index] ?? step('x.y', 'none'),
  index,
  total: STEPS.length,
  attempt: 1,
});

const passed = (stepId: string, at: number, detail: string, durationMs: number): DemoEvent => ({
  type: 'step-finished',
  at: START + at,
  stepId,
  status: 'passed',
  detail,
  durationMs,
  error: null,
});

const check = (stepId: string, id: string, title: string, expected: string, got = expected): DemoEvent => ({
  type: 'check',
  at: START + 900,
  stepId,
  check: { id, title, status: expected === got ? 'passed' : 'failed', expected, got },
});

/** The beginning that every recorded run shares: two services come up, one flow passes with its refusals. */
const beginning = (command: string): readonly DemoEvent[] => [
  {
    type: 'run-started',
    at: START,
    command,
    engine: 'embedded',
    engineReason: 'no Docker engine answers on the default context',
    engineIsFallback: true,
    profile: 'demo',
    steps: STEPS,
  },
  started(0, 1),
  check('bring-up.certificates', 'chain', 'Certificates in the chain', '4'),
  passed('bring-up.certificates', 119, 'root → policy → issuing → 6 leaves, EC P-256', 118),
  started(1, 120),
  { type: 'step-progress', at: START + 200, stepId: 'bring-up.telemetry', text: '/readyz answers 503' },
  { type: 'service', at: START + 210, service: 'telemetry', state: 'started', text: 'pid 4711' },
  { type: 'service', at: START + 300, service: 'telemetry', state: 'healthy', text: 'after 180 ms', waitedMs: 180 },
  { type: 'service', at: START + 310, service: 'identity', state: 'healthy', text: 'after 10 ms', waitedMs: 10 },
  { type: 'service', at: START + 315, service: 'kms', state: 'healthy', text: 'after 5 ms', waitedMs: 5 },
  check('bring-up.telemetry', 'ready', 'GET /readyz', '200'),
  passed('bring-up.telemetry', 320, 'healthy', 200),
  started(2, 321),
  {
    type: 'request',
    at: START + 400,
    stepId: 'identity.pkce',
    method: 'POST',
    url: 'https://localhost:8082/oauth2/token',
    status: 200,
    durationMs: 12,
    skewMs: 0,
  },
  check('identity.pkce', 'id-token', 'ID token verified', 'true'),
  check('identity.pkce', 'no-challenge', 'No code challenge', 'invalid_request'),
  check('identity.pkce', 'method-plain', 'Challenge method plain', 'invalid_request'),
  check('identity.pkce', 'wrong-verifier', 'A wrong verifier', 'invalid_grant'),
  passed('identity.pkce', 1520, 'demo-user · S256 · code → ID token, access token, refresh', 1199),
];

/** A run in which everything passes. */
export const PASSED_RUN: readonly DemoEvent[] = [
  ...beginning('demo all'),
  started(3, 1521),
  check('kms.keys', 'created', 'Elastic key created', '201'),
  passed('kms.keys', 1600, 'created, listed, read', 79),
  started(4, 1601),
  check('kms.crypto', 'round-trip', 'Decrypted', 'the plaintext'),
  passed('kms.crypto', 1700, 'encrypt → decrypt', 99),
  { type: 'run-finished', at: START + 1701, durationMs: 1701 },
];

/** A run in which the KMS is killed: a failed check, a nested error, the root cause, a skipped step. */
export const FAILED_RUN: readonly DemoEvent[] = [
  ...beginning('demo all'),
  started(3, 1521),
  check('kms.keys', 'created', 'Elastic key created', '201', '503'),
  { type: 'warning', at: START + 1530, stepId: 'kms.keys', text: 'the certificate of the KMS expires in 6 days' },
  { type: 'service', at: START + 1540, service: 'kms', state: 'exited', text: 'exited with SIGKILL' },
  {
    type: 'step-finished',
    at: START + 1600,
    stepId: 'kms.keys',
    status: 'failed',
    detail: '',
    durationMs: 79,
    error: {
      code: 'kms-unreachable',
      message: 'the KMS did not answer while an elastic key was made',
      fix: '',
      cause: {
        code: 'connection-refused',
        message: 'localhost:8081 refuses connections; waited for POST /service/api/v1/elastic-keys',
        fix: 'Look at `passthru logs kms`, then run the demo again.',
        cause: null,
      },
    },
  },
  {
    type: 'root-cause',
    at: START + 1610,
    line: 'kms was ended by SIGKILL; last probe: localhost:8081 refuses connections',
    chain: ['kms'],
    logTail: ['{"level":30,"msg":"listening"}', '\u001b[31mred\u001b[0m and \u0007bell'],
    fix: 'Look at `passthru logs kms`, then run the demo again: it starts what is down.',
  },
  {
    type: 'step-finished',
    at: START + 1611,
    stepId: 'kms.crypto',
    status: 'skipped',
    detail: 'needs kms.keys',
    durationMs: 0,
    error: null,
  },
  { type: 'run-finished', at: START + 1701, durationMs: 1701 },
];

/** The report of a recorded run, as it would be made on a stack with the default ports. */
export const recordedReport = (events: readonly DemoEvent[], caFile: string): Report =>
  toReport(outcomeOf(events.reduce(advance, NOT_STARTED)), {
    endpoints: {
      kms: {
        service: 'https://localhost:8081/service/api/v1',
        ready: 'https://localhost:8081/readyz',
        live: 'https://localhost:8081/livez',
        admin: 'https://localhost:9081',
        openapi: 'https://localhost:8081/openapi.json',
        swagger: 'https://localhost:8081/ui/swagger/',
        pages: 'https://localhost:8081/ui/',
      },
      identity: {
        issuer: 'https://localhost:8082',
        discovery: 'https://localhost:8082/.well-known/openid-configuration',
        ready: 'https://localhost:8082/readyz',
        live: 'https://localhost:8082/livez',
        admin: 'https://localhost:9082',
      },
      partner: {
        issuer: 'https://localhost:11082',
        discovery: 'https://localhost:11082/.well-known/openid-configuration',
        ready: 'https://localhost:11082/readyz',
      },
      telemetry: { otlp: 'https://localhost:10081', ready: 'https://localhost:10081/readyz' },
      caFile,
      client: { certFile: 'cli.pem', keyFile: 'cli.key' },
      serviceClient: { certFile: 'service.pem', keyFile: 'service.key' },
    },
    credentials: ['demo-admin', 'demo-tenant-admin', 'demo-user', 'demo-service'].map((username) => ({
      username,
      password: `${username}-password`,
      tenant: 'demo',
      tenant_id: '0d6a4a3c-8f1e-4c2b-9a57-1f2e3d4c5b6a',
      roles: ['user'],
    })),
    clients: [
      { client_id: 'demo-public-client', client_secret: null, grant_types: ['authorization_code'], redirect_uris: [], tenant: null },
      {
        client_id: 'demo-confidential-client',
        client_secret: 'demo-confidential-client-password',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        tenant: 'demo',
      },
    ],
  });

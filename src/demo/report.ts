import { Type, type Static } from 'typebox';
import type { Failure } from '#infra/apperr/result.ts';

const object = <P extends Parameters<typeof Type.Object>[0]>(properties: P) => Type.Object(properties, { additionalProperties: false });
const oneOf = <const V extends readonly string[]>(values: V) => Type.Enum(values);

const checkSchema = object({
  id: Type.String(),
  title: Type.String(),
  status: oneOf(['passed', 'failed']),
  expected: Type.String(),
  got: Type.String(),
  duration_ms: Type.Integer({ minimum: 0, description: 'Since the check before it, or the start of its step' }),
});

/** A failure holds its cause, so it stands once in `$defs` and refers to itself. */
const failureRef = Type.Unsafe<Failure>({ $ref: '#/$defs/failure' });
const failureSchema = object({
  code: Type.String(),
  message: Type.String(),
  cause: Type.Union([failureRef, Type.Null()]),
  fix: Type.String(),
});

const stepId = Type.String({ description: '<phase>.<name>' });

const stepSchema = object({
  id: stepId,
  phase: Type.String(),
  title: Type.String(),
  status: oneOf(['passed', 'failed', 'skipped']),
  started_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  duration_ms: Type.Integer({ minimum: 0 }),
  predicted_ms: Type.Optional(
    Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { description: 'By earlier runs; null: none of them tells' }),
  ),
  detail: Type.String({ description: 'The result in a few words, or why the step was skipped; empty where there is nothing to say' }),
  checks: Type.Array(checkSchema),
  error: Type.Union([failureRef, Type.Null()]),
});

/** Shared with the document of `plan`. */
export const predictionSchema = object({
  duration_ms: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { description: 'null: a step has no earlier run' }),
  runs: Type.Integer({ minimum: 0, description: 'Earlier runs of the same kind behind each step, at least' }),
  start: Type.Enum(['running', 'kept', 'fresh'], {
    description: 'running: every service was up; kept: an earlier run left data; fresh: there was nothing',
  }),
  images: Type.Union([Type.Enum(['there', 'missing']), Type.Null()], { description: 'null: the engine needs none' }),
});

const rootCauseSchema = object({
  line: Type.String({ description: 'One sentence' }),
  chain: Type.Array(Type.String(), {
    description: 'The part in trouble, then those that cannot work without it; engine alone: the engine cannot be asked',
    minItems: 1,
  }),
  log_tail: Type.Array(Type.String(), { description: 'Last log lines of the part in trouble, oldest first' }),
  fix: Type.String(),
});

const requestSchema = object({
  step: stepId,
  method: Type.String(),
  url: Type.String({ description: 'Without its query' }),
  status: Type.Integer({ minimum: 100, maximum: 599 }),
  duration_ms: Type.Integer({ minimum: 0 }),
  trace_id: Type.Union([Type.String({ pattern: '^[0-9a-f]{32}$' }), Type.Null()], {
    description: 'For passthru trace; null: none was sent',
  }),
});

const credentialSchema = object({
  username: Type.String(),
  password: Type.String(),
  tenant: Type.String(),
  tenant_id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
  roles: Type.Array(Type.String()),
  totp_secret: Type.Optional(
    Type.String({ description: 'Base32, for an app whose code a log-in asks for after the password; absent: it asks for none' }),
  ),
});

const clientSchema = object({
  client_id: Type.String(),
  client_secret: Type.Union([Type.String(), Type.Null()], { description: 'null: a public client' }),
  grant_types: Type.Array(Type.String()),
  redirect_uris: Type.Array(Type.String()),
  tenant: Type.Union([Type.String(), Type.Null()], { description: 'null: the tenant of the account that logs in' }),
});

/** The document that `demo --output json` prints; published as `docs/schemas/demo-report.schema.json`. */
export const reportSchema = Type.Object(
  {
    version: Type.Literal(2),
    command: Type.String(),
    engine: oneOf(['embedded', 'docker']),
    engine_reason: Type.String({ description: 'Why this engine' }),
    profile: oneOf(['dev', 'demo', 'ci', 'prod']),
    outcome: oneOf(['passed', 'partial', 'failed']),
    exit_code: Type.Integer({ minimum: 0, maximum: 130 }),
    duration_ms: Type.Integer({ minimum: 0 }),
    steps: Type.Array(stepSchema),
    prediction: Type.Optional(predictionSchema),
    critical_path: Type.Array(Type.String(), { description: 'Services that the run waited for, in that order' }),
    root_cause: Type.Union([rootCauseSchema, Type.Null()], {
      description: 'null: the stack is usable, or no part of it explains a failure',
    }),
    warnings: Type.Array(
      object({ step: Type.Union([stepId, Type.Null()], { description: 'null: the run as a whole' }), text: Type.String() }),
    ),
    requests: Type.Array(requestSchema, { description: 'Requests that were answered, in the order of the answers' }),
    endpoints: object({
      kms: object({
        service: Type.String(),
        ready: Type.String(),
        live: Type.String(),
        admin: Type.String(),
        openapi: Type.String(),
        swagger: Type.Union([Type.String(), Type.Null()], { description: 'Swagger UI; null: switched off' }),
        pages: Type.Union([Type.String(), Type.Null()], { description: 'pages for people; null: switched off' }),
      }),
      identity: object({
        issuer: Type.String(),
        discovery: Type.String(),
        ready: Type.String(),
        live: Type.String(),
        admin: Type.String(),
      }),
      telemetry: object({ otlp: Type.String(), ready: Type.String() }),
    }),
    ca_file: Type.String(),
    credentials: Type.Array(credentialSchema, { description: 'Demo accounts: never for real data' }),
    clients: Type.Array(clientSchema),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:passthru:schema:demo-report:2',
    title: 'passthru demo report',
    $defs: { failure: failureSchema },
    additionalProperties: false,
  },
);
export type Report = Static<typeof reportSchema>;

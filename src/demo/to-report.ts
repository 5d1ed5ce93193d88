import type { Endpoints } from '#engine/engine.ts';
import type { Prediction } from './history/prediction.ts';
import type { MadeCheck, Outcome } from './outcome.ts';
import type { Report } from './report.ts';

/** The things that a reader needs to go on. */
export interface ReportOptions {
  readonly endpoints: Endpoints;
  readonly credentials: Report['credentials'];
  readonly clients: Report['clients'];
  /** What was expected before the run. */
  readonly prediction?: Prediction;
}

/** An outcome as the versioned document: pure. */
export const toReport = (outcome: Outcome, { endpoints, credentials, clients, prediction }: ReportOptions): Report => ({
  version: 2,
  command: outcome.command,
  engine: outcome.engine as Report['engine'],
  engine_reason: outcome.engineReason,
  profile: outcome.profile as Report['profile'],
  outcome: outcome.outcome,
  exit_code: outcome.exitCode,
  duration_ms: Math.round(outcome.durationMs),
  steps: outcome.steps.map(({ step, status, startedAt, durationMs, detail, checks, error }) => ({
    id: step.id,
    phase: step.phase,
    title: step.title,
    status,
    started_at: startedAt === null ? null : new Date(startedAt).toISOString(),
    duration_ms: Math.round(durationMs),
    ...(prediction === undefined ? {} : { predicted_ms: prediction.steps.find(({ id }) => id === step.id)?.durationMs ?? null }),
    detail,
    checks: checks.map((check, index) => checkOf(check, checks[index - 1]?.at ?? startedAt ?? check.at)),
    error,
  })),
  ...(prediction === undefined ? {} : { prediction: predictionMember(prediction) }),
  critical_path: [...outcome.criticalPath],
  root_cause: rootCauseOf(outcome),
  warnings: outcome.warnings.map(({ stepId: step, text }) => ({ step, text })),
  requests: outcome.requests.map(({ stepId: step, method, url, status, durationMs, traceId = null }) => ({
    step,
    method,
    url,
    status,
    duration_ms: Math.round(durationMs),
    trace_id: traceId,
  })),
  endpoints: { kms: { ...endpoints.kms }, identity: { ...endpoints.identity }, telemetry: { ...endpoints.telemetry } },
  ca_file: endpoints.caFile,
  credentials: [...credentials],
  clients: [...clients],
});

/** Checks that were asked for at once may be told in the same millisecond; none takes less than no time. */
const checkOf = ({ at, id, title, status, expected, got }: MadeCheck, since: number): Report['steps'][number]['checks'][number] => ({
  id,
  title,
  status,
  expected,
  got,
  duration_ms: Math.max(0, Math.round(at - since)),
});

/** As the documents of a run and of a plan have it. */
export const predictionMember = ({ durationMs, runs, kind }: Prediction): NonNullable<Report['prediction']> => ({
  duration_ms: durationMs,
  runs,
  start: kind.start,
  images: kind.images,
});

const rootCauseOf = ({ rootCause }: Outcome): Report['root_cause'] => {
  if (rootCause === null) return null;
  const { line, chain, logTail, fix } = rootCause;
  return { line, chain: [...chain], log_tail: [...logTail], fix };
};

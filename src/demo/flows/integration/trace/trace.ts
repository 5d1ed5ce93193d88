import { packageVersion } from '#infra/process/package-version.ts';
import { startTelemetry } from '#infra/telemetry/sdk/start-telemetry.ts';
import { kmsApi } from '#client/kms/kms.ts';
import { bearer } from '#client/session/authorization.ts';
import { identityApi } from '#client/identity/identity.ts';
import { keyApi } from '#client/kms/key.ts';
import { observed } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import type { Engine } from '#engine/engine.ts';
import { base64url, seededKey } from '#demo/world/keys.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';
import { readSpans } from '#demo/traces/read-spans.ts';
import type { Span } from '#demo/traces/span.ts';

const WAIT_MS = 10_000;
const POLL_MS = 50;
const CLI = 'passthru-cli';
/** Why checks cannot be made again from a record of requests. */
const SPANS = 'it reads the spans that the collector received';

/** One trace from the CLI through Identity and the KMS to the database, found again in the telemetry stack. */
export const run: StepWork = async ({ engine, stack, check, progress, now, sleep, signal }) => {
  const { telemetry: collector, caFile, client } = stack.endpoints;
  const tls = { ca: caFile, cert: client.certFile, key: client.keyFile };
  await using telemetry = await startTelemetry({
    service: CLI,
    version: packageVersion(),
    config: { endpoint: collector.otlp, tls },
  });
  const traceId = await telemetry.span('demo trace', { kind: 'client' }, async () => {
    const session = await stack.session({ carrier: () => telemetry.carrier() });
    const identity = await identityApi({ discovery: stack.endpoints.identity.discovery, session });
    const tokens = await identity.clientCredentials(CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
    const kms = kmsApi({ url: stack.endpoints.kms.service, session, authorization: bearer(tokens.access_token) });
    await keyApi(kms, (await seededKey(kms, 'demo-encryption-key')).id).encrypt(base64url('one trace'));
    return telemetry.traceId() ?? 'no trace';
  });
  await telemetry.flush();
  await check('trace-id', 'The trace has an id of hexadecimal digits', 32, observed(SPANS, traceId.length));

  progress('waiting for the spans to arrive');
  const begun = now();
  let spans: readonly Span[] = [];
  const names = (): readonly string[] => [...new Set(spans.map(({ service }) => service))];
  const orphans = (): number => {
    const ids = new Set(spans.map(({ id }) => id));
    return spans.filter(({ parentId }) => parentId !== null && !ids.has(parentId)).length;
  };
  const complete = (): boolean =>
    spans.some(isDatabase) && orphans() === 0 && [CLI, 'identity', 'kms'].every((part) => names().some((name) => name.includes(part)));
  do {
    // Asked before the spans are read: a collector that ends after it wrote them has them in its file.
    const isCollecting = await collects(engine);
    spans = await readSpans(engine.telemetryRecords('traces', { containing: traceId }), (span) => span.traceId === traceId);
    if (complete() || !isCollecting) break;
    await sleep(POLL_MS, signal);
  } while (now() - begun < WAIT_MS);

  for (const part of ['cli', 'identity', 'kms']) {
    await check(
      `${part}-span`,
      `Spans of ${part} in it`,
      true,
      observed(
        SPANS,
        spans.some(({ service }) => service.includes(part)),
      ),
    );
  }
  const database = spans.filter(isDatabase);
  await check(
    'database-span',
    'A span of the database, below the KMS',
    true,
    observed(
      SPANS,
      database.some(({ service }) => service.includes('kms')),
    ),
  );
  await check('connected', 'Spans without their parent in it', 0, observed(SPANS, orphans()));
  await check('one-root', 'Roots', 1, observed(SPANS, spans.filter(({ parentId }) => parentId === null).length));
  // The number of spans is the database's own affair.
  return `one trace of ${names().length} services and the database`;
};

/** Spans still come: what has ended, or was never started, writes no more. */
const collects = async (engine: Engine): Promise<boolean> =>
  (await engine.status()).some(({ service, state }) => service === 'telemetry' && state !== 'absent' && state !== 'exited');

const isDatabase = ({ attributes }: Span): boolean => Object.keys(attributes).some((name) => name.startsWith('db.'));

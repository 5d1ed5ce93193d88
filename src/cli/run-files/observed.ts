import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Outcome } from '#demo/outcome.ts';
import { readSpans } from '#demo/traces/read-spans.ts';
import { type Trace, traceTree } from '#demo/traces/trace-tree.ts';
import type { Engine } from '#engine/engine.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import type { Certificate } from '#cli/reporters/page/page-data.ts';

/** The part of a page that is asked of the stack while it is still there. */
export interface Observed {
  readonly trace: Trace | null;
  readonly certificates: readonly Certificate[];
  /** A sentence for each part that could not be had. */
  readonly notes: readonly string[];
}

export const NOTHING_OBSERVED: Observed = { trace: null, certificates: [], notes: [] };

/** Asks a stack for the trace and the certificates of a run that has just ended; a part that cannot be had becomes a note on the page. */
export const observe = async (engine: Pick<Engine, 'telemetryRecords' | 'endpoints'>, outcome: Outcome): Promise<Observed> => {
  const [trace, certificates] = await Promise.allSettled([traceOf(engine, outcome), certificatesOf(engine.endpoints())]);
  return {
    trace: trace.status === 'fulfilled' ? trace.value : null,
    certificates: certificates.status === 'fulfilled' ? certificates.value : [],
    notes: [
      ...(trace.status === 'fulfilled' ? [] : [note('The trace', trace.reason)]),
      ...(certificates.status === 'fulfilled' ? [] : [note('The certificates', certificates.reason)]),
    ],
  };
};

const note = (what: string, reason: unknown): string => `${what} could not be read: ${failureFrom(reason).message}.`;

/** The trace of most requests, which is the one that the step of the trace made; else that of the slowest request. */
export const traceToShow = (requests: Outcome['requests']): string | null => {
  const byTrace = Map.groupBy(
    requests.filter(({ traceId }) => traceId !== undefined),
    ({ traceId }) => traceId ?? '',
  );
  const [first] = [...byTrace]
    .map(([id, all]) => ({ id, ...weight(all) }))
    .toSorted((a, b) => b.count - a.count || b.durationMs - a.durationMs);
  return first?.id ?? null;
};

const weight = (all: Outcome['requests']) => ({
  count: all.length,
  durationMs: all.reduce((sum, { durationMs }) => sum + durationMs, 0),
});

const traceOf = async (engine: Pick<Engine, 'telemetryRecords'>, { requests }: Outcome): Promise<Trace | null> => {
  const id = traceToShow(requests);
  if (id === null) return null;
  const spans = await readSpans(engine.telemetryRecords('traces', { containing: id }), ({ traceId }) => traceId === id);
  return spans.length === 0 ? null : traceTree(spans);
};

/** The root, and the chain of one certificate below it; none of a run that broke off before it had any. */
const certificatesOf = async ({ caFile, client }: ReturnType<Engine['endpoints']>): Promise<readonly Certificate[]> => {
  const texts = await Promise.all([caFile, client.certFile].map((file) => readFile(file, 'utf8').catch(missingIs(''))));
  const [root = [], chain = []] = texts.map((text) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []);
  // A leaf stands before its issuers.
  return [...root, ...chain.toReversed()].map(certificateOf);
};

const certificateOf = (pem: string): Certificate => {
  const { subject, validToDate, fingerprint256 } = new X509Certificate(pem);
  return { subject: subject.split('\n').toReversed().join(', '), notAfter: validToDate.toISOString(), fingerprint: fingerprint256 };
};

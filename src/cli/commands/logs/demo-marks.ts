import { REFUSALS_SUMMED_MS, REFUSALS_TOLD } from '#infra/http/refusals.ts';
import type { DemoRefusal, DemoRefusals } from '#stack/record/demo-refusals.ts';
import type { DemoMark } from '#cli/reporters/lines/demo-mark.ts';
import type { LogEntry } from '#cli/reporters/lines/log-entry.ts';

/** The clocks of a machine and of its containers may differ by this, milliseconds; beyond it a trace id is somebody else's, who saw it. */
const SLACK_MS = 2_000;

/** A failure of a service is trouble, whoever asked: only refusals are marked, of requests and of TLS 1.2. */
export const mayBeMarked = (entry: LogEntry): boolean => isHandshake(entry) || isAnswered(entry);

const isAnswered = ({ record }: LogEntry): boolean =>
  record !== null && record.severity === 'WARN' && isRefusal(record.attributes['http.response.status_code']);

/** How the collector logs, as an error, that it refused a caller whose newest version of TLS is 1.2 (0x303). */
const isHandshake = ({ part, record }: LogEntry): boolean =>
  part === 'telemetry' && record !== null && /^http: TLS handshake error .*unsupported versions: \[303\b/.test(record.body);

const isRefusal = (status: unknown): boolean => typeof status === 'number' && status >= 400 && status < 500;

/**
 * Marks the lines of refusals that a demo provoked. Nothing in a request decides this: a line is a demo's where the CLI noted, when it sent
 * the request, that trace id, and it came within the time of that request and with the status of its answer. A sum of refusals has no
 * trace: of that is told how many of its kind the demos provoked in its period. Nor has a handshake: it is a demo's where one tried it then.
 */
export const createDemoMarks = ({ refusals, handshakes, verdicts }: DemoRefusals): ((entry: LogEntry) => DemoMark | null) => {
  const byTrace = Map.groupBy(refusals, ({ traceId }) => traceId);

  const endedWell = (step: string, since: number): boolean | null =>
    verdicts.find((verdict) => verdict.step === step && verdict.at >= since)?.isPassed ?? null;
  const verdictOf = ({ step, answeredAt }: DemoRefusal): boolean | null => endedWell(step, answeredAt);

  const handshake = (at: number): DemoMark | null => {
    const tried = handshakes.find(({ from, to }) => at >= from - SLACK_MS && at <= to + SLACK_MS);
    return tried === undefined ? null : { kind: 'step', step: tried.step, isPassed: endedWell(tried.step, tried.to) };
  };

  const single = (traceId: string, at: number, status: unknown): DemoMark | null => {
    const found = byTrace.get(traceId)?.find((refusal) => {
      const isWithin = at >= refusal.sentAt - SLACK_MS && at <= refusal.answeredAt + SLACK_MS;
      return isWithin && (status === undefined || status === refusal.status);
    });
    return found === undefined ? null : { kind: 'step', step: found.step, isPassed: verdictOf(found) };
  };

  const sum = ({ part, record }: LogEntry, at: number): DemoMark | null => {
    const { count, code, 'http.response.status_code': status } = record?.attributes ?? {};
    if (typeof count !== 'number') return null;
    const ofKind = refusals.filter((refusal) => refusal.service === part && refusal.status === status && refusal.code === code);
    const inPeriod = ofKind.filter(({ answeredAt }) => answeredAt > at - REFUSALS_SUMMED_MS - SLACK_MS && answeredAt <= at + SLACK_MS);
    const provoked = Math.min(count, inPeriod.filter((refusal) => verdictOf(refusal) !== false).length - REFUSALS_TOLD);
    return provoked > 0 ? { kind: 'sum', provoked, isAll: provoked === count } : null;
  };

  return (entry) => {
    const { record, at } = entry;
    if (!mayBeMarked(entry) || record === null || at === null) return null;
    if (isHandshake(entry)) return handshake(at);
    return record.traceId === undefined ? sum(entry, at) : single(record.traceId, at, record.attributes['http.response.status_code']);
  };
};

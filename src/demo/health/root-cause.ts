import type { Diagnosis, Engine, PartName, ServiceStatus } from '#engine/engine.ts';
import type { Failure } from '#infra/apperr/result.ts';
import type { RootCause } from '../events.ts';
import { isService, isVouchedFor, prefers, requires } from './chain.ts';
import type { Probe } from './probe.ts';

/** One part of the stack at the moment of trouble. */
export interface Finding {
  readonly part: PartName;
  readonly state: ServiceStatus['state'];
  /** The platform's own health check; for a part that has no `/readyz` there is no other. */
  readonly health: ServiceStatus['health'];
  /** Null where nobody can ask: a database has no `/readyz`. */
  readonly probe: Probe | null;
  readonly diagnosis: Diagnosis | null;
}

/**
 * The part in trouble that explains the others, and what it does to them: pure; null when the chain is sound. A part that the
 * others could do without explains nothing, so it comes last.
 */
export const rootCauseOf = (findings: readonly Finding[]): RootCause | null => {
  const troubled = troubledOf(findings);
  const unexplained = troubled.filter(({ part }) => !troubled.some((other) => requires(part, other.part)));
  const isDispensable = ({ part }: Finding): boolean => findings.some((other) => prefers(other.part, part));
  const [root, ...others] = unexplained.toSorted((a, b) => Number(isDispensable(a)) - Number(isDispensable(b)));
  if (root === undefined) return null;
  const { part, diagnosis } = root;
  const blocked = findings.map((finding) => finding.part).filter((each) => requires(each, part));
  const beside = others.map((other) => `; ${other.part} ${condition(other)}, too`).join('');
  return {
    line: `${part} ${condition(root)}${effectOf(part, blocked, findings)}${lastProbeOf(root)}${beside}`,
    chain: [part, ...blocked],
    logTail: diagnosis?.logTail ?? [],
    fix: fixFor(root),
  };
};

/** An engine that cannot be asked, told by its own failure: pure. */
export const engineCause = (kind: Engine['kind'], { message, fix }: Failure): RootCause => ({
  line: `the ${kind} engine cannot tell how its services are: ${message}`,
  chain: ['engine'],
  logTail: [],
  fix,
});

/** The parts that do not run or are not ready. */
export const troubledOf = (findings: readonly Finding[]): readonly Finding[] => {
  const well = findings.filter(isWell).map(({ part }) => part);
  return findings.filter((finding) => !isWell(finding) && !(finding.state === 'running' && isVouchedFor(finding.part, well)));
};

/** Whether a part runs and says itself that it is ready. */
export const isWell = ({ part, state, health, probe: seen }: Finding): boolean =>
  state === 'running' && (isService(part) ? seen?.state === 'ready' : health === null || health === 'healthy');

const effectOf = (root: PartName, blocked: readonly PartName[], findings: readonly Finding[]): string => {
  const worse = findings.map(({ part }) => part).filter((part) => prefers(part, root));
  if (blocked.length > 0) return `, which blocks ${blocked.join(' → ')}`;
  return worse.length === 0 ? '' : `, without which ${worse.join(' and ')} can go on`;
};

/** The answer of the probe, or the platform's check where there is no probe; the last check of a part that ended is outdated. */
const lastProbeOf = ({ state, probe: seen, diagnosis }: Finding): string => {
  const text = seen?.text ?? (state === 'exited' ? null : (diagnosis?.lastProbe ?? null));
  return text === null || text === '' ? '' : `; last probe: ${text}`;
};

const condition = ({ state, diagnosis }: Finding): string => {
  if (state === 'absent') return 'is not running';
  return state === 'exited' ? endOf(diagnosis) : 'is not ready';
};

/** The end of a part in words, for example `was ended by SIGKILL`. */
export const endOf = (diagnosis: Pick<Diagnosis, 'exitCode' | 'signal' | 'outOfMemory'> | null): string => {
  if (diagnosis?.outOfMemory === true) return 'ran out of memory';
  if (diagnosis !== null && diagnosis.signal !== null) return `was ended by ${diagnosis.signal}`;
  return diagnosis === null || diagnosis.exitCode === null ? 'exited' : `exited with code ${diagnosis.exitCode}`;
};

const fixFor = ({ part, state, diagnosis }: Finding): string => {
  if (diagnosis?.outOfMemory === true) return `Give ${part} more memory, then run the demo again.`;
  if (state === 'running' || state === 'starting')
    return `Look at \`passthru logs ${part}\`; a longer --health-timeout helps where it is only slow.`;
  return `Look at \`passthru logs ${part}\`, then run the demo again: it starts what is down.`;
};

import type { Diagnosis, Engine, PartName, ServiceName, ServiceStatus } from '#engine/engine.ts';
import type { Stack } from '#demo/client/stack.ts';
import type { Emit } from '../events.ts';
import { isService, partsOf, prefers, requires } from './chain.ts';
import { probe, type Probe } from './probe.ts';

/** One part of the stack at the moment of trouble. */
export interface Finding {
  readonly part: PartName;
  readonly state: ServiceStatus['state'];
  /** What the platform's own health check says; it alone tells of a part that has no `/readyz`. */
  readonly health: ServiceStatus['health'];
  /** Null where nobody can ask: a database has no `/readyz`. */
  readonly probe: Probe | null;
  readonly diagnosis: Diagnosis | null;
}

export interface RootCause {
  readonly part: PartName;
  readonly line: string;
  readonly logTail: readonly string[];
  readonly fix: string;
}

/**
 * The part in trouble that explains the others, and what it does to them: pure; null when the chain is sound. One that the
 * others could do without explains nothing, so it comes last.
 */
export const rootCauseOf = (findings: readonly Finding[]): RootCause | null => {
  const troubled = findings.filter((finding) => !isWell(finding));
  const unexplained = troubled.filter(({ part }) => !troubled.some((other) => requires(part, other.part)));
  const isDispensable = ({ part }: Finding): boolean => findings.some((other) => prefers(other.part, part));
  const [root, ...others] = unexplained.toSorted((a, b) => Number(isDispensable(a)) - Number(isDispensable(b)));
  if (root === undefined) return null;
  const { part, diagnosis } = root;
  const beside = others.map((other) => `; ${other.part} ${condition(other)}, too`).join('');
  return {
    part,
    line: `${part} ${condition(root)}${effectOf(part, findings)}${lastProbeOf(root)}${beside}`,
    logTail: diagnosis?.logTail ?? [],
    fix: fixFor(root),
  };
};

const isWell = ({ part, state, health, probe: seen }: Finding): boolean =>
  state === 'running' && (isService(part) ? seen?.state === 'ready' : health === null || health === 'healthy');

const effectOf = (root: PartName, findings: readonly Finding[]): string => {
  const parts = findings.map(({ part }) => part);
  const blocked = parts.filter((part) => requires(part, root));
  const worse = parts.filter((part) => prefers(part, root));
  if (blocked.length > 0) return `, which blocks ${blocked.join(' → ')}`;
  return worse.length === 0 ? '' : `, without which ${worse.join(' and ')} can go on`;
};

/** Of a part that nobody could ask, what the platform's check said; of one that ended that still tells of better days. */
const lastProbeOf = ({ state, probe: seen, diagnosis }: Finding): string => {
  const text = seen?.text ?? (state === 'exited' ? null : (diagnosis?.lastProbe ?? null));
  return text === null || text === '' ? '' : `; last probe: ${text}`;
};

const condition = ({ state, diagnosis }: Finding): string => {
  if (state === 'absent') return 'is not running';
  return state === 'exited' ? endOf(diagnosis) : 'is not ready';
};

/** How a part ended, for example `was ended by SIGKILL`. */
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

export interface RootCauseOptions {
  readonly engine: Engine;
  readonly stack: Pick<Stack, 'endpoints' | 'session'>;
  readonly services: readonly ServiceName[];
  readonly emit: Emit;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** A platform tells of an end a moment after clients notice it; milliseconds, a little more than an engine takes between two looks. */
const END_TOLD_MS = 2_500;
const LOOK_MS = 100;

/**
 * Looks at the chain after a failed step, and tells the root cause where a part of it is in trouble.
 *
 * @returns why the run cannot go on, null when every part is well
 */
export const reportRootCause = async (options: RootCauseOptions): Promise<string | null> => {
  const { engine, emit, now, sleep, signal } = options;
  const parts = partsOf(engine.parts, options.services);
  const begun = now();
  let findings = await findAll(parts, options);
  // Nothing was started: the failed step says itself what is wrong.
  if (findings.every(({ state }) => state === 'absent')) return null;
  while (isUnexplained(findings) && now() - begun < END_TOLD_MS) {
    await sleep(LOOK_MS, signal).catch(() => undefined);
    // An interruption ends the run: nobody waits for a cause any more.
    if (signal.aborted) return null;
    const statuses = await engine.status();
    if (statuses.some(({ service, state }) => state === 'exited' && parts.includes(service))) findings = await findAll(parts, options);
  }
  const cause = rootCauseOf(findings);
  if (cause === null) return null;
  emit({ type: 'root-cause', at: now(), line: cause.line, logTail: cause.logTail, fix: cause.fix });
  return `${cause.part} is down`;
};

/** Something is not well, and nothing ended that would say why. */
const isUnexplained = (findings: readonly Finding[]): boolean =>
  findings.some((finding) => !isWell(finding)) && !findings.some(({ state }) => state === 'exited');

const findAll = async (parts: readonly PartName[], { engine, stack, signal }: RootCauseOptions): Promise<readonly Finding[]> => {
  const statuses = await engine.status();
  return Promise.all(
    parts.map(async (part): Promise<Finding> => {
      const { state, health } = statuses.find((each) => each.service === part) ?? { state: 'absent', health: null };
      if (state === 'absent') return { part, state, health, probe: null, diagnosis: null };
      const seen = isService(part) ? await probe({ stack, service: part, signal }) : null;
      const finding: Finding = { part, state, health, probe: seen, diagnosis: null };
      return isWell(finding) ? finding : { ...finding, diagnosis: await engine.diagnose(part) };
    }),
  );
};

import type { Diagnosis, Engine, ServiceName, ServiceStatus } from '#engine/engine.ts';
import type { Stack } from '#demo/client/stack.ts';
import type { Emit } from '../events.ts';
import { prefers, requires } from './chain.ts';
import { probe, type Probe } from './probe.ts';

/** One service at the moment of trouble. */
export interface Finding {
  readonly service: ServiceName;
  readonly state: ServiceStatus['state'];
  readonly probe: Probe | null;
  readonly diagnosis: Diagnosis | null;
}

export interface RootCause {
  readonly service: ServiceName;
  readonly line: string;
  readonly logTail: readonly string[];
  readonly fix: string;
}

/**
 * The service in trouble that explains the others, and what it does to them: pure; null when the chain is sound. One that the
 * others could do without explains nothing, so it comes last.
 */
export const rootCauseOf = (findings: readonly Finding[]): RootCause | null => {
  const troubled = findings.filter(({ state, probe: seen }) => state !== 'running' || seen?.state !== 'ready');
  const unexplained = troubled.filter(({ service }) => !troubled.some((other) => requires(service, other.service)));
  const isDispensable = ({ service }: Finding): boolean => findings.some((other) => prefers(other.service, service));
  const [root, ...others] = unexplained.toSorted((a, b) => Number(isDispensable(a)) - Number(isDispensable(b)));
  if (root === undefined) return null;
  const { service, diagnosis } = root;
  const lastProbe = root.probe === null ? '' : `; last probe: ${root.probe.text}`;
  const beside = others.map((other) => `; ${other.service} ${condition(other)}, too`).join('');
  return {
    service,
    line: `${service} ${condition(root)}${effectOf(service, findings)}${lastProbe}${beside}`,
    logTail: diagnosis?.logTail ?? [],
    fix: fixFor(root),
  };
};

const effectOf = (root: ServiceName, findings: readonly Finding[]): string => {
  const services = findings.map(({ service }) => service);
  const blocked = services.filter((service) => requires(service, root));
  const worse = services.filter((service) => prefers(service, root));
  if (blocked.length > 0) return `, which blocks ${blocked.join(' → ')}`;
  return worse.length === 0 ? '' : `, without which ${worse.join(' and ')} can go on`;
};

const condition = ({ state, diagnosis }: Finding): string => {
  if (state === 'absent') return 'is not running';
  if (state !== 'exited') return 'is not ready';
  if (diagnosis?.outOfMemory === true) return 'ran out of memory';
  if (diagnosis !== null && diagnosis.signal !== null) return `was ended by ${diagnosis.signal}`;
  return diagnosis === null || diagnosis.exitCode === null ? 'exited' : `exited with code ${diagnosis.exitCode}`;
};

const fixFor = ({ service, state, diagnosis }: Finding): string => {
  if (diagnosis?.outOfMemory === true) return `Give ${service} more memory, then run the demo again.`;
  if (state === 'running' || state === 'starting')
    return `Look at \`passthru logs ${service}\`; a longer --health-timeout helps where it is only slow.`;
  return `Look at \`passthru logs ${service}\`, then run the demo again: it starts what is down.`;
};

export interface RootCauseOptions {
  readonly engine: Engine;
  readonly stack: Pick<Stack, 'endpoints' | 'session'>;
  readonly services: readonly ServiceName[];
  readonly emit: Emit;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * Looks at the chain after a failed step, and tells the root cause where a service is in trouble.
 *
 * @returns why the run cannot go on, null when every service is well
 */
export const reportRootCause = async ({ engine, stack, services, emit, now, signal }: RootCauseOptions): Promise<string | null> => {
  const statuses = await engine.status();
  const findings = await Promise.all(
    services.map(async (service): Promise<Finding> => {
      const state = statuses.find((each) => each.service === service)?.state ?? 'absent';
      if (state === 'absent') return { service, state, probe: null, diagnosis: null };
      const seen = await probe({ stack, service, signal });
      const well = state === 'running' && seen.state === 'ready';
      return { service, state, probe: seen, diagnosis: well ? null : await engine.diagnose(service) };
    }),
  );
  // Nothing was started: the failed step says itself what is wrong.
  if (findings.every(({ state }) => state === 'absent')) return null;
  const cause = rootCauseOf(findings);
  if (cause === null) return null;
  emit({ type: 'root-cause', at: now(), line: cause.line, logTail: cause.logTail, fix: cause.fix });
  return `${cause.service} is down`;
};

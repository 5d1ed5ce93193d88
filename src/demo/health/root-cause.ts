import type { Diagnosis, Engine, ServiceName, ServiceStatus } from '#engine/engine.ts';
import type { Stack } from '#demo/client/stack.ts';
import type { Emit } from '../events.ts';
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

/** The first service of the chain that is in trouble, and all that hangs on it: pure; null when the chain is sound. */
export const rootCauseOf = (findings: readonly Finding[]): RootCause | null => {
  const at = findings.findIndex(({ state, probe: seen }) => state !== 'running' || seen?.state !== 'ready');
  const root = findings[at];
  if (root === undefined) return null;
  const { service, diagnosis } = root;
  const chain = findings.slice(at + 1).map((each) => each.service);
  const blocks = chain.length === 0 ? '' : `, which blocks ${chain.join(' → ')}`;
  const lastProbe = root.probe === null ? '' : `; last probe: ${root.probe.text}`;
  return {
    service,
    line: `${service} ${condition(root)}${blocks}${lastProbe}`,
    logTail: diagnosis?.logTail ?? [],
    fix: fixFor(root),
  };
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

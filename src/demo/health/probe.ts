import { READYZ_MS } from '#infra/magic/limits.ts';
import type { ServiceName } from '#engine/engine.ts';
import { type Failure, failureFrom } from '#infra/apperr/result.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';

/** The answer of one service's `/readyz`, or the reason why there was none. */
export interface Probe {
  readonly state: 'ready' | 'not-ready' | 'unreachable';
  /** One clause for people, for example `/readyz answers 503: identity down, connection refused`. */
  readonly text: string;
  /** Names of the required dependencies that are down. */
  readonly blockedBy: readonly string[];
  /** Every dependency that it named, with its state, for example `identity up`. */
  readonly dependencies: readonly string[];
}

interface Readiness {
  readonly status?: string;
  readonly reason?: string | null;
  readonly detail?: string;
  readonly dependencies?: Readonly<Record<string, { readonly state: string; readonly required: boolean; readonly cause: string | null }>>;
}

/** One look at `/readyz`, for a limited time; only an abort of `signal` throws. */
export const probe = async ({
  stack,
  service,
  signal,
}: {
  stack: StackAccess;
  service: ServiceName;
  signal: AbortSignal;
}): Promise<Probe> => {
  const url = stack.endpoints[service].ready;
  try {
    const session = await stack.session(service === 'telemetry' ? { certificate: stack.endpoints.client } : {});
    const response = await session.request({ url, signal, timeoutMs: READYZ_MS });
    return readProbe(response.status, response.text);
  } catch (thrown) {
    signal.throwIfAborted();
    return { state: 'unreachable', text: whyUnreachable(failureFrom(thrown), new URL(url)), blockedBy: [], dependencies: [] };
  }
};

/** A published port takes connections before anybody listens behind it, and drops them: it is one state under several names. */
const whyUnreachable = ({ message, cause }: Failure, { host }: URL): string =>
  cause?.code === 'econnreset' || cause?.code === 'und-err-socket' ? `${host} closes connections at once` : message;

/** The answer of a `/readyz` as a Probe: pure. */
export const readProbe = (status: number, body: string): Probe => {
  const readiness = parse(body);
  const dependencies = Object.entries(readiness.dependencies ?? {}).map(([name, { state }]) => `${name} ${state}`);
  if (status === 200) return { state: 'ready', text: 'ready', blockedBy: [], dependencies };
  const down = Object.entries(readiness.dependencies ?? {}).filter(([, each]) => each.required && each.state !== 'up');
  const causes = [
    ...down.map(([name, { cause }]) => (cause === null ? `${name} down` : `${name} down, ${cause}`)),
    ...(typeof readiness.reason === 'string' ? [readiness.reason] : []),
  ];
  if (causes.length === 0 && readiness.detail !== undefined) causes.push(readiness.detail);
  return {
    state: 'not-ready',
    text: `/readyz answers ${status}${causes.length === 0 ? '' : `: ${[...new Set(causes)].join('; ')}`}`,
    blockedBy: down.map(([name]) => name),
    dependencies,
  };
};

const parse = (body: string): Readiness => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};

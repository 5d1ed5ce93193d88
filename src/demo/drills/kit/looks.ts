import { failureFrom } from '#infra/apperr/result.ts';
import type { PartName, ServiceName } from '#engine/engine.ts';
import { stackStatus } from '#demo/health/status.ts';
import type { StepContext } from '#demo/step/step.ts';

const LOOK_MS = 100;

/**
 * Asks until the answer is the wanted one.
 *
 * @returns the last answer, which is another one when that took longer than the limit, in milliseconds; a question that failed answers with
 *   its error code
 */
export const eventually = async (
  { now, sleep, signal }: Pick<StepContext, 'now' | 'sleep' | 'signal'>,
  wanted: string,
  limitMs: number,
  ask: () => Promise<string>,
): Promise<string> => {
  for (const begun = now(); ; await sleep(LOOK_MS, signal)) {
    const got = await ask().catch((thrown: unknown) => failureFrom(thrown).code);
    signal.throwIfAborted();
    if (got === wanted || now() - begun > limitMs) return got;
  }
};

/** The state of a part as `passthru status` shows it. */
export const stateOf = async ({ engine, signal }: StepContext, part: PartName): Promise<string> => {
  const { services } = await stackStatus({ engine, signal });
  return services.find(({ service }) => service === part)?.state ?? 'absent';
};

interface Ready {
  readonly code?: string;
  readonly dependencies?: Readonly<Record<string, { readonly state: string }>>;
  readonly dropped?: { readonly telemetry_records: number; readonly log_lines: number };
}

/** The answer of `/readyz` of a server. */
export const readyzOf = async (
  { stack }: StepContext,
  service: Exclude<ServiceName, 'telemetry'>,
): Promise<{ readonly status: number; readonly body: Ready }> => {
  const answer = await (await stack.session()).get(stack.endpoints[service].ready);
  return { status: answer.status, body: answer.json<Ready>() };
};

/** Status of `/readyz` and the state of one dependency, for example `503 identity down`. */
export const dependencyAt = async (context: StepContext, service: Exclude<ServiceName, 'telemetry'>, name: string): Promise<string> => {
  const { status, body } = await readyzOf(context, service);
  return `${status} ${name} ${body.dependencies?.[name]?.state ?? 'not named'}`;
};

/** The outcome of one attempt to reach a server: its status, or the code of the error. */
export const reach = async ({ stack }: StepContext, url: string): Promise<string> => {
  try {
    return String((await (await stack.session()).get(url)).status);
  } catch (thrown) {
    return failureFrom(thrown).code;
  }
};

/** Why a server cannot be asked: the code of the error and, where it has one, that of its cause, for example `tls-failed: cert-has-expired`. */
export const whyUnreachable = async ({ stack }: StepContext, url: string): Promise<string> => {
  try {
    return String((await (await stack.session()).get(url)).status);
  } catch (thrown) {
    const { code, cause } = failureFrom(thrown);
    return cause === null || code !== 'tls-failed' ? code : `${code}: ${cause.code}`;
  }
};

/** The last lines that a part said. */
export const lastWords = async ({ engine }: StepContext, part: PartName): Promise<string> =>
  (await engine.diagnose(part)).logTail.join('\n');

/** The number of the process of a part; 0 where it does not run. */
export const pidOf = async ({ engine }: StepContext, part: PartName): Promise<number> =>
  (await engine.status()).find(({ service }) => service === part)?.pid ?? 0;

import { isAbsolute, join } from 'node:path';
import { type Prediction, predict } from '#demo/history/prediction.ts';
import { recordOf, type RunKind } from '#demo/history/run-record.ts';
import { runHistory } from '#demo/history/run-history.ts';
import type { Outcome } from '#demo/outcome.ts';
import type { Plan } from '#demo/plan.ts';
import { packageVersion } from '#infra/process/package-version.ts';
import type { Stack } from '#stack/stack.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';

/** The memory of one run: earlier runs say before how long it will take, and afterwards it is one of them. */
export interface RunMemory {
  readonly prediction: Prediction;
  /** Call it once, with the outcome of the steps. */
  remember(outcome: Outcome): Promise<void>;
}

export interface RunMemoryOptions {
  readonly engine: Pick<Stack['engine'], 'kind' | 'status' | 'hasData' | 'missingImages'>;
  readonly plan: Pick<Plan, 'services' | 'steps'>;
  readonly process: Pick<CliProcess, 'env' | 'home' | 'now'>;
}

/** Opens the memory before a run changes anything: the state in which it finds the stack decides how long it takes. */
export const openRunMemory = async (options: RunMemoryOptions): Promise<RunMemory> => {
  const { engine, plan, process } = options;
  const history = runHistory(historyFolder(process), process.now);
  const [kind, earlier] = await Promise.all([kindOf(engine, plan), history.read()]);
  const at = process.now();
  return {
    prediction: predict(plan.steps, kind, earlier),
    remember: (outcome) => history.add(recordOf(outcome, { ...kind, release: packageVersion(), at })),
  };
};

/**
 * Where runs are remembered: `passthru/runs` below $XDG_STATE_HOME, which the XDG specification has for histories, so that removing a
 * stack forgets none. Null where the user has no home either.
 */
const historyFolder = ({ env, home }: RunMemoryOptions['process']): string | null => {
  const configured = env['XDG_STATE_HOME'] ?? '';
  const folder = isAbsolute(configured) ? configured : home === null ? null : join(home, '.local', 'state');
  return folder === null ? null : join(folder, 'passthru', 'runs');
};

/** An engine that cannot be asked is the run's to tell; nobody knows then how it finds the stack. */
const kindOf = async (engine: RunMemoryOptions['engine'], { services }: RunMemoryOptions['plan']): Promise<RunKind> => {
  const statuses = await engine.status().catch(() => []);
  const isUp = services.every((service) => statuses.some((each) => each.service === service && each.state === 'running'));
  const [hasData, missing] = await Promise.all([
    engine.hasData().catch(() => false),
    engine.missingImages(services).catch((): readonly string[] => []),
  ]);
  const images = missing === null ? null : missing.length > 0 ? 'missing' : 'there';
  return { engine: engine.kind, start: isUp ? 'running' : hasData ? 'kept' : 'fresh', images };
};

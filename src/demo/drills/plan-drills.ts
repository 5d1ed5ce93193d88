import type { Engine } from '#engine/engine.ts';
import { SERVICES } from '#engine/engine.ts';
import type { Plan } from '#demo/plan.ts';
import type { Step } from '#demo/step/step.ts';
import { run as seedTenants } from '#demo/seed/tenants.ts';
import { stackStatus } from '#demo/health/status.ts';
import { DRILLS } from './drills.ts';
import type { Drill } from './kit/drill.ts';
import { DRILL_NAMES, type DrillName } from '#infra/magic/drill-names.ts';
import { notPossible } from './outcome.ts';
import { type DrillMeans, runDrill } from './run-drill.ts';

/** The step before all drills: a stack that is not well would be blamed on them. */
const STACK = 'before.stack';

export interface PlanOptions {
  readonly names: readonly DrillName[];
  readonly engine: Engine;
  readonly means: DrillMeans;
  /** As typed, for example `drill kill-kms`. */
  readonly command: string;
}

/** Drills as steps of a run, in their own order: the plan of them, and the work of each. */
export const planDrills = (options: PlanOptions): { readonly plan: Plan; readonly steps: readonly Step[] } => {
  const { names, engine, command } = options;
  const steps: readonly Step[] = [
    { id: STACK, phase: 'before', title: 'Stack', needs: [], targets: [], run: lookAtStack },
    ...DRILL_NAMES.filter((name) => names.includes(name)).map((name) => stepOf(name, DRILLS[name], options)),
  ];
  const planned = steps.map(({ id, phase, title, needs }) => ({ id, phase, title, needs }));
  return { plan: { command, target: 'all', profile: engine.profile, services: SERVICES, steps: planned }, steps };
};

const stepOf = (name: DrillName, drill: Drill, { engine, means }: PlanOptions): Step => ({
  id: `drill.${name}`,
  phase: 'drill',
  title: drill.title,
  needs: [STACK],
  targets: [],
  whyNot: () => whyNot(drill, engine, means),
  run: (context) => runDrill(drill, context, means),
});

/** Every service is ready, and holds the seed and no key that an earlier run left. */
const lookAtStack: Step['run'] = async (context) => {
  const { engine, check, signal } = context;
  const { services } = await stackStatus({ engine, signal });
  const red = services.filter(({ state }) => state !== 'ready').map(({ service, cause }) => `${service}: ${cause ?? 'not ready'}`);
  await check('ready', 'Every part is ready', 'ready', red.length === 0 ? 'ready' : red.join('; '));
  await seedTenants(context);
  return services.map(({ service }) => service).join(', ');
};

/** Why a drill is not possible on this engine and machine. */
const whyNot = async ({ engines, faults }: Drill, { kind }: Engine, means: DrillMeans): Promise<string | null> => {
  for (const fault of faults) {
    const why = await means.faults.whyNot(fault);
    if (why !== null) return notPossible(why);
  }
  return engines.includes(kind) ? null : notPossible(`it is for the ${engines.join(' and ')} engine`);
};

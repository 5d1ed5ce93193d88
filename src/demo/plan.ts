import type { PortUser, Profile, ServiceName } from '#engine/engine.ts';
import type { StepInfo } from './events.ts';
import type { DemoCommand, Step } from './step/step.ts';
import { DEMO_STEPS, RESET_STEPS } from './steps.ts';

/** A run as data: computed before anything starts, printable as JSON. */
export interface Plan {
  /** As typed, for example `demo all`. */
  readonly command: string;
  readonly target: DemoCommand;
  readonly profile: Profile;
  /** Services to bring up, in the order of the dependency chain. */
  readonly services: readonly ServiceName[];
  /** In the order of execution; a step stands after all that it needs. */
  readonly steps: readonly StepInfo[];
}

export interface PlanOptions {
  readonly command: DemoCommand;
  readonly profile?: Profile;
}

/** The KMS trusts Identity's keys, so its readiness hangs on Identity: its demo brings both up. */
const SERVICES_OF: Readonly<Record<DemoCommand, readonly ServiceName[]>> = {
  identity: ['telemetry', 'identity'],
  kms: ['telemetry', 'identity', 'kms'],
  all: ['telemetry', 'identity', 'kms'],
};

/** The step that starts the second Identity, whose port nobody else may hold then. */
const PARTNER_STEP = 'integration.federation';

/** All that listens on ports of the stack in the course of a run. */
export const portUsersOf = ({ services, steps }: Pick<Plan, 'services' | 'steps'>): readonly PortUser[] =>
  steps.some(({ id }) => id === PARTNER_STEP) ? [...services, 'partner'] : services;

const planOf = (called: string, { command, profile = 'demo' }: PlanOptions, all: readonly Step[]): Plan => {
  const steps = all.filter(({ targets }) => targets.includes(command));
  const planned = new Set(steps.map(({ id }) => id));
  return {
    command: called,
    target: command,
    profile,
    services: SERVICES_OF[command],
    steps: steps.map(({ id, phase, title, needs }) => ({ id, phase, title, needs: needs.filter((need) => planned.has(need)) })),
  };
};

/** The plan of `demo`: pure, the same options give the same plan. */
export const plan = (options: PlanOptions): Plan => planOf(`demo ${options.command}`, options, DEMO_STEPS);

/** The plan of `reset-demo`, on running servers. */
export const resetPlan = (options: PlanOptions): Plan => planOf(`reset-demo ${options.command}`, options, RESET_STEPS);

/** A demo without its flows: what they need to begin with. */
const PHASES_OF_UP = ['bring-up', 'seed'];

/**
 * The plan of a stack that is for somebody else to use, as of `up`: every service, healthy, and its demo data read back.
 *
 * @param options.isSeeded the data are those of a snapshot: they were read back when they were seeded, and every byte has been checked since
 */
export const upPlan = ({
  command = 'up',
  profile,
  isSeeded = false,
}: { readonly command?: string; readonly profile?: Profile; readonly isSeeded?: boolean } = {}): Plan =>
  planOf(
    command,
    { command: 'all', ...(profile === undefined ? {} : { profile }) },
    DEMO_STEPS.filter(({ phase }) => (isSeeded ? phase === 'bring-up' : PHASES_OF_UP.includes(phase))),
  );

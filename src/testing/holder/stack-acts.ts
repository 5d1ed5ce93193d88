import { createConnections } from '#client/session/connections.ts';
import type { Emit } from '#demo/events.ts';
import { resetDemo } from '#demo/reset.ts';
import { type StackAccess, stackAccess } from '#demo/step/stack-access.ts';
import { type Engine, SERVICES } from '#engine/engine.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { takeTurn } from '#stack/claims/take-turn.ts';
import { createEphemeralStack, type EphemeralStackOptions } from '#stack/ephemeral/create-ephemeral-stack.ts';
import type { StartedStack, StartParams } from '../protocol.ts';
import type { LogLine, LogOptions } from '../test-stack.ts';
import { bringUp } from './bring-up.ts';
import { orStepFailed } from './failed-from.ts';
import { giveToken } from './give-token.ts';
import type { Acts } from './hold.ts';
import { openOwnStack } from './own-stack.ts';
import { remarkOf } from './remark-of.ts';
import { seededSnapshots } from './seeded-snapshots.ts';
import { type Snapshots, snapshotsOf } from './snapshots.ts';
import { startedStack } from './started-stack.ts';

export interface StackActsOptions {
  /** Of the stack that is to be. */
  readonly options: Omit<EphemeralStackOptions, 'warn' | 'ports'> & Required<Pick<EphemeralStackOptions, 'engine' | 'signal' | 'now'>>;
  /** The state folder of the project, in which a snapshot is looked for by its name. */
  readonly projectStateDir: string;
  /** Folder of this user's seeded stacks, to begin others with; null where he has no place for them. */
  readonly seededFolder: string | null;
  /** Variables for programs that are to use the stack. */
  readonly variables: (engine: Engine, stateDir: string) => Promise<Readonly<Record<string, string>>>;
  /** Hears how it goes, a line at a time. */
  readonly remark: (line: string) => void;
}

/** A stack that is up. */
interface Up {
  readonly engine: StackEngine;
  readonly access: StackAccess;
  readonly snapshots: Snapshots;
}

/** Nobody needs what the services would still write. */
const AT_ONCE = AbortSignal.abort();

/** The acts of one stack; disposing of them takes it down, with everything of it. */
export const stackActs = ({ options, projectStateDir, seededFolder, variables, remark }: StackActsOptions): Acts & AsyncDisposable => {
  const { signal, now } = options;
  const warn = (text: string): void => remark(`! ${text}`);
  const emit: Emit = (event) => {
    const line = remarkOf(event);
    if (line !== null) remark(line);
  };
  const resources = new AsyncDisposableStack();
  let current: Up | null = null;
  const up = (): Up => {
    if (current === null) throw new AppError('not-started', 409, 'the stack was not started');
    return current;
  };

  const start = async ({ snapshot, services: wanted, healthTimeoutMs }: StartParams): Promise<StartedStack> => {
    const ephemeral = await createEphemeralStack({ ...options, warn });
    resources.defer(async () => void orThrow(await ephemeral.end(AT_ONCE)));
    const { stateDir } = ephemeral;
    const services = SERVICES.filter((service) => service !== 'kms' || wanted.includes('kms'));
    const own = await openOwnStack({
      ephemeral,
      engine: options.engine,
      seeded: seededFolder === null ? null : seededSnapshots({ folder: seededFolder, now, remark }),
      projectStateDir,
      snapshot,
      services,
      hosts: options.hosts ?? [],
      signal,
      remark,
    });
    await using making = own.making;
    const { engine } = resources.use(own.stack);
    await own.stack.recordStart();
    const endpoints = engine.endpoints();
    const access = stackAccess({ endpoints, connections: resources.use(createConnections({ caFile: endpoints.caFile })), signal });
    const healthy = async (): Promise<void> => {
      const onWait = (): void => remark('waiting for a turn: as many stacks start at once as this machine has processors');
      await using _turn = await takeTurn({ holder: options.holder, signal, onWait });
      await bringUp({ engine, access, services, timeoutMs: healthTimeoutMs, signal, remark, now });
    };
    await healthy();
    const snapshots = snapshotsOf({ engine, stateDir, healthy, signal, now, start: own.from });
    if (own.from === null) {
      const saved = await snapshots.saveStart();
      // Others will seed their own, which costs time and nothing else.
      await making?.store(saved).catch((error: unknown) => warn(`the seeded data are not shared: ${thrownWords(error)}`));
    }
    current = { engine, access, snapshots };
    return startedStack(engine, { env: await variables(engine, stateDir), stateDir, startedFrom: own.from === null ? 'seed' : 'snapshot' });
  };

  return {
    start,
    token: (wanted) => giveToken(up().access, wanted),
    reset: async () => {
      orStepFailed(await resetDemo({ target: 'all', engine: up().engine, emit, signal, now }));
      return null;
    },
    snapshot: async ({ name }) => (await up().snapshots.save(name)).folder,
    restore: async ({ name }) => {
      await up().snapshots.restore(name);
      return null;
    },
    logs: (wanted) => logsOf(up().engine, wanted),
    stop: async () => {
      await resources.disposeAsync();
      return null;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

const logsOf = async (engine: StackEngine, { service, tail = 100 }: LogOptions): Promise<readonly LogLine[]> => {
  if (service !== undefined && !engine.parts.includes(service)) {
    throw new AppError('service-unknown', 400, `the ${engine.kind} engine runs no ${service}`, {
      fix: `It runs ${engine.parts.join(', ')}.`,
    });
  }
  const lines: LogLine[] = [];
  for (const part of engine.parts.filter((each) => service === undefined || each === service)) {
    for await (const line of engine.logs(part, { tail })) lines.push({ service: part, line });
  }
  return lines;
};

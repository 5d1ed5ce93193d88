import { setTimeout as pause } from 'node:timers/promises';
import type { EngineEvent, PartName } from '../../engine.ts';
import type { ContainerDetails, DockerApi } from '../api/docker-api.ts';
import { lastLineOf } from '../connection/failures.ts';
import { within } from '../api/within.ts';
import { COMPOSE } from '../project/labels.ts';
import { createStateChanges } from './state-changes.ts';

/** A look that puts right what an event that never came left wrong; milliseconds. */
const LOOK_EVERY_MS = 2_000;
/** An engine that needs longer for a look than this is as good as gone; milliseconds. */
const LOOK_LIMIT_MS = 5_000;
/** Pause before the stream of events is opened again, milliseconds: doubled each time up to the last. */
const RECONNECT_MS = [100, 2_000] as const;

/** Events of a container that change its state; those of its health checks alone are several a second. */
const ACTIONS = /^(create|start|die|oom|pause|unpause|destroy|rename|health_status)/;

/** The containers of one project, as of the last event. */
export interface ContainerWatch {
  /** Looks now, and answers with what is there. @throws what the API throws */
  look(): Promise<readonly ContainerDetails[]>;
  /** The containers as they are known: from memory while somebody watches, else by a look. It waits no longer than a look may take. */
  known(): Promise<{ readonly containers: readonly ContainerDetails[]; readonly lost: string | null }>;
  watch(emit: (event: EngineEvent) => void, signal: AbortSignal): void;
  /** How often a part was seen to start since `forget`. */
  starts(part: PartName): number;
  forget(part: PartName): void;
  close(): void;
}

export const createContainerWatch = (options: { api: () => Promise<DockerApi>; project: string }): ContainerWatch => {
  const { api, project } = options;
  const changes = createStateChanges();
  const watchers = new Set<(event: EngineEvent) => void>();
  let containers: readonly ContainerDetails[] = [];
  let lost: string | null = null;
  let looking: Promise<readonly ContainerDetails[]> | undefined;
  let next: Promise<readonly ContainerDetails[]> | undefined;
  let first: Promise<unknown> | undefined;
  let stream: AbortController | undefined;

  const tell = (events: readonly EngineEvent[]): void => {
    for (const event of events) for (const emit of watchers) emit(event);
  };

  const lookNow = async (): Promise<readonly ContainerDetails[]> => {
    try {
      const found = await within(LOOK_LIMIT_MS, 'a look at the containers', async () => readContainers(await api(), project));
      lost = null;
      containers = found;
      tell(changes.see(found));
      return found;
    } catch (error) {
      // Nobody knows how the containers are: they may run on, and what changed is told when the engine is back.
      if (lost === null) tell([{ type: 'progress', text: `the Docker engine does not answer: ${lastLineOf(error)}` }]);
      lost = lastLineOf(error);
      throw error;
    }
  };

  /**
   * Looks once at a time. A caller that comes while a look is under way gets the next one: the first may have passed what it wants to
   * see.
   */
  const look = (): Promise<readonly ContainerDetails[]> => {
    if (looking === undefined) {
      looking = lookNow().finally(() => (looking = undefined));
      return looking;
    }
    next ??= looking
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return look();
      });
    return next;
  };

  /** Looks for its events' sake: they and `known` tell what was found, and that it failed. */
  const lookQuietly = (): Promise<unknown> => look().catch(() => undefined);

  const follow = async (signal: AbortSignal): Promise<void> => {
    let [wait] = RECONNECT_MS as readonly [number, number];
    const opened = (): void => {
      [wait] = RECONNECT_MS;
      void lookQuietly();
    };
    while (!signal.aborted) {
      try {
        for await (const { action } of (await api()).events(project, opened, signal)) {
          if (signal.aborted) return;
          if (ACTIONS.test(action)) void lookQuietly();
        }
      } catch {
        // Broken, refused or ended by us: the look says how things are, and the next turn opens it again.
      }
      if (signal.aborted) return;
      await lookQuietly();
      await pause(wait, undefined, { signal, ref: false }).catch(() => undefined);
      wait = Math.min(wait * 2, RECONNECT_MS[1]);
    }
  };

  const open = (): void => {
    const control = (stream = new AbortController());
    first = lookQuietly();
    const timer = setInterval(() => void lookQuietly(), LOOK_EVERY_MS);
    timer.unref();
    control.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    void follow(control.signal);
  };

  const close = (): void => {
    stream?.abort();
    stream = undefined;
    watchers.clear();
  };

  return {
    look,
    known: async () => {
      if (stream === undefined) return { containers: await look(), lost: null };
      await first;
      return { containers, lost };
    },
    watch: (emit, signal) => {
      if (signal.aborted) return;
      watchers.add(emit);
      if (stream === undefined) open();
      signal.addEventListener(
        'abort',
        () => {
          watchers.delete(emit);
          if (watchers.size === 0) close();
        },
        { once: true },
      );
    },
    starts: changes.starts,
    forget: changes.forget,
    close,
  };
};

const readContainers = async (api: DockerApi, project: string): Promise<readonly ContainerDetails[]> => {
  const found = await api.containers([`${COMPOSE.project}=${project}`]);
  const details = await Promise.all(found.map(({ id }) => api.inspect(id)));
  return details.filter((each) => each !== null);
};

import type { EngineEvent, PartName } from '../../engine.ts';
import type { ContainerDetails } from '../api/docker-api.ts';
import { COMPOSE } from '../project/labels.ts';
import { isPart } from '../project/project.ts';
import { isLive, signalOf } from './container-state.ts';

/** A container as it was last seen. */
interface Seen {
  readonly part: PartName;
  readonly live: boolean;
  readonly startedAt: number | null;
}

/** Tells changes by holding what is seen against what was seen before; so it does not matter whether an event was missed. */
export interface StateChanges {
  /** The first look only tells how things are. */
  see(containers: readonly ContainerDetails[]): readonly EngineEvent[];
  /** How often a part was seen to start since it was forgotten. */
  starts(part: PartName): number;
  /** Starts counting anew: what runs now is the first start. */
  forget(part: PartName): void;
}

export const createStateChanges = (): StateChanges => {
  let seen: ReadonlyMap<string, Seen> | null = null;
  const starts = new Map<PartName, Set<string>>();

  const count = (id: string, { part, startedAt }: Seen): void => {
    const known = starts.get(part) ?? new Set();
    starts.set(part, known.add(`${id} ${startedAt}`));
  };

  return {
    see: (containers) => {
      const before = seen ?? new Map<string, Seen>();
      const after = new Map(containers.flatMap((container) => entryOf(container)));
      for (const [id, is] of after) if (is.live) count(id, is);
      const isFirst = seen === null;
      seen = after;
      if (isFirst) return [];
      const details = new Map(containers.map((container) => [container.id, container]));
      const ended = [...before].filter(([id, was]) => was.live && !after.has(id)).map(([, { part }]) => exited(part, null));
      return [...ended, ...containers.flatMap(({ id }) => changes(before.get(id), after.get(id), details.get(id)))];
    },
    starts: (part) => starts.get(part)?.size ?? 0,
    forget: (part) => {
      starts.delete(part);
      for (const [id, is] of seen ?? []) if (is.part === part && is.live) count(id, is);
    },
  };
};

const entryOf = (container: ContainerDetails): readonly (readonly [string, Seen])[] => {
  const part = container.labels[COMPOSE.service] ?? '';
  return isPart(part) ? [[container.id, { part, live: isLive(container), startedAt: container.startedAt }]] : [];
};

const changes = (was: Seen | undefined, is: Seen | undefined, container: ContainerDetails | undefined): readonly EngineEvent[] => {
  if (is === undefined || container === undefined) return [];
  const isNewStart = is.startedAt !== null && is.startedAt !== was?.startedAt;
  const end = exited(is.part, container.exitCode);
  if (is.live) {
    if (was?.live === true && !isNewStart) return [];
    const start: EngineEvent = { type: 'service-started', service: is.part, pid: container.pid };
    return was?.live === true ? [exited(is.part, null), start] : [start];
  }
  if (was?.live === true) return [end];
  // It started and ended between two looks.
  return isNewStart ? [{ type: 'service-started', service: is.part, pid: null }, end] : [];
};

const exited = (service: PartName, exitCode: number | null): EngineEvent => ({
  type: 'service-exited',
  service,
  exitCode,
  signal: exitCode === null ? null : signalOf(exitCode),
});

import { setTimeout as pause } from 'node:timers/promises';
import { containersOf, isLive, worstOf } from '../containers/describe.ts';
import type { ContainerDetails, DockerApi } from '../connection/api.ts';
import { demultiplex } from './demultiplex.ts';

/** How often a part that ended is looked at, while its log is followed, milliseconds. */
const LOOK_MS = 500;

export interface LogsOptions {
  readonly tail?: number;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The log lines of a part, oldest first. With `follow` it goes on until the signal aborts, also over the end of a container and
 * the start of the next; else it ends where the log ends. Of several replicas the first one speaks, of a dead one its last words.
 */
export async function* readLogs(options: {
  api: DockerApi;
  part: string;
  look: () => Promise<readonly ContainerDetails[]>;
  wanted: LogsOptions;
}): AsyncGenerator<string> {
  const { api, part, look, wanted } = options;
  const { tail, follow = false, signal } = wanted;
  const isOver = (): boolean => !follow || signal?.aborted === true;
  const read = async function* (id: string, from: { tail?: number; since?: number }): AsyncGenerator<string> {
    try {
      yield* demultiplex(await api.logs(id, { follow, ...from, ...(signal === undefined ? {} : { signal }) }));
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  };

  let container = worstOf(containersOf(await look(), part));
  if (container !== undefined) yield* read(container.id, tail === undefined ? {} : { tail });
  while (!isOver()) {
    await pause(LOOK_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    if (isOver()) return;
    const next = worstOf(containersOf(await look(), part));
    const isNew = next !== undefined && isLive(next) && (next.id !== container?.id || next.startedAt !== container.startedAt);
    if (!isNew) continue;
    container = next;
    yield* read(next.id, next.startedAt === null ? {} : { since: next.startedAt });
  }
}

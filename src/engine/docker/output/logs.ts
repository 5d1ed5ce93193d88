import { setTimeout as pause } from 'node:timers/promises';
import { containersOf, isLive, worstOf } from '../containers/container-state.ts';
import type { ContainerDetails, DockerApi } from '../api/docker-api.ts';
import { demultiplex } from './demultiplex.ts';

/** How often a part that ended is looked at, while its log is followed, milliseconds. */
const LOOK_MS = 500;

export interface LogsOptions {
  readonly tail?: number;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The log lines of a part, oldest first. With `follow` it goes on until the signal aborts: over the end of a container and the
 * start of the next, and over an engine that is away for a while. Else it ends where the log ends. Of several replicas the first
 * one speaks, of a dead one its last words.
 *
 * @throws what the API throws at the first look, and later, too, without `follow`
 */
export async function* readLogs(options: {
  api: DockerApi;
  part: string;
  look: () => Promise<readonly ContainerDetails[]>;
  wanted: LogsOptions;
  /** Epoch milliseconds. */
  now?: () => number;
}): AsyncGenerator<string> {
  const { api, part, look, wanted, now = Date.now } = options;
  const { tail, follow = false, signal } = wanted;
  const isOver = (): boolean => !follow || signal?.aborted === true;
  /** When a log that is followed broke off; null while it is whole. */
  let brokenAt: number | null = null;
  const read = async function* (id: string, from: { tail?: number; since?: number }): AsyncGenerator<string> {
    brokenAt = null;
    try {
      yield* demultiplex(await api.logs(id, { follow, ...from, ...(signal === undefined ? {} : { signal }) }));
    } catch (error) {
      if (isOver() && signal?.aborted !== true) throw error;
      brokenAt = now();
    }
  };

  let container = worstOf(containersOf(await look(), part));
  if (container !== undefined) yield* read(container.id, tail === undefined ? {} : { tail });
  while (!isOver()) {
    await pause(LOOK_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    if (isOver()) return;
    // An engine that does not answer is asked again.
    const found = await look().catch(() => null);
    const next = found === null ? undefined : worstOf(containersOf(found, part));
    if (next === undefined || !isLive(next)) continue;
    const isNew = next.id !== container?.id || next.startedAt !== container.startedAt;
    if (!isNew && brokenAt === null) continue;
    container = next;
    const since: number | null = isNew ? next.startedAt : brokenAt;
    yield* read(next.id, since === null ? {} : { since });
  }
}

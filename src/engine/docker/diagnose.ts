import { thrownMessage } from '#infra/apperr/thrown-words.ts';
import type { Diagnosis, PartName } from '../engine.ts';
import type { ContainerDetails, DockerApi } from './api/docker-api.ts';
import { containersOf, isLive, signalOf, worstOf } from './containers/container-state.ts';
import { demultiplex } from './output/demultiplex.ts';

const LOG_TAIL_LINES = 20;
/** Milliseconds that the last lines of a part in trouble may take to come. */
const LOG_LIMIT_MS = 3_000;

/**
 * The known facts of a part in trouble. When the engine is gone, that is the only one.
 *
 * @param options.lost why the engine does not answer; null when it does
 */
export const diagnose = async (options: {
  api: () => Promise<DockerApi>;
  part: PartName;
  containers: readonly ContainerDetails[];
  lost: string | null;
}): Promise<Diagnosis> => {
  const { api, part, containers, lost } = options;
  const nothing = { service: part, exitCode: null, signal: null, outOfMemory: false, lastProbe: null, logTail: [] };
  if (lost !== null) return { ...nothing, logTail: [`the Docker engine does not answer: ${lost}`] };
  const container = worstOf(containersOf(containers, part));
  if (container === undefined) return nothing;
  const { exitCode, outOfMemory, error, startedAt, lastProbe } = container;
  const ended = !isLive(container);
  const logTail = startedAt === null ? [] : await tailOf(await api(), container.id, startedAt);
  return {
    service: part,
    exitCode: ended ? exitCode : null,
    signal: ended ? signalOf(exitCode) : null,
    outOfMemory,
    lastProbe: container.status === 'paused' ? 'the container is paused' : lastProbe,
    logTail: error === '' ? logTail : [...logTail, `not started: ${error}`].slice(-LOG_TAIL_LINES),
  };
};

/** Of this start only. An engine that keeps no log, or is just going, leaves the rest of the diagnosis standing. */
const tailOf = async (api: DockerApi, id: string, since: number): Promise<readonly string[]> => {
  const lines: string[] = [];
  try {
    const output = await api.logs(id, { follow: false, tail: LOG_TAIL_LINES, since, signal: AbortSignal.timeout(LOG_LIMIT_MS) });
    for await (const line of demultiplex(output)) lines.push(line);
  } catch (error) {
    lines.push(`the log cannot be read: ${thrownMessage(error)}`);
  }
  return lines.slice(-LOG_TAIL_LINES);
};

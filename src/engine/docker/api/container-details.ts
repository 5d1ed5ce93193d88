import type { ContainerInspectInfo } from 'dockerode';
import type { ContainerDetails } from './docker-api.ts';

/** The engine's words in ours. */
export const detailsOf = ({ Id, Name, Config, State, Created, RestartCount }: ContainerInspectInfo): ContainerDetails => ({
  id: Id,
  name: Name.replace(/^\//, ''),
  labels: Config.Labels,
  status: State.Status as ContainerDetails['status'],
  pid: State.Pid,
  exitCode: State.ExitCode,
  outOfMemory: State.OOMKilled,
  error: State.Error,
  startedAt: momentOf(State.StartedAt),
  createdAt: momentOf(Created) ?? 0,
  restartCount: RestartCount,
  health: healthOf(State.Health?.Status),
  lastProbe: failedProbe(State.Health?.Log?.at(-1)),
});

/** The output of a probe that failed, each line once; one that passed has nothing to tell, whatever it printed. */
const failedProbe = (probe: { readonly ExitCode: number; readonly Output: string } | undefined): string | null => {
  if (probe === undefined || probe.ExitCode === 0) return null;
  const lines = probe.Output.split('\n').map((line) => line.trim());
  return [...new Set(lines)].filter((line) => line !== '').join(' ');
};

const healthOf = (status: string | undefined): ContainerDetails['health'] =>
  status === 'healthy' || status === 'unhealthy' || status === 'starting' ? status : null;

/** Null for what never was, which the engine tells as the year 1. */
export const momentOf = (text: string | undefined): number | null => {
  const moment = Date.parse(text ?? '');
  return moment > 0 ? moment : null;
};

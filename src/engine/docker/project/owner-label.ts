import { isAlive, ownIdentity } from '#engine/state/process-identity.ts';
import { thisHost } from '#engine/state/this-host.ts';
import { type Labels, OURS } from './labels.ts';

/**
 * The owner of containers, networks and volumes: nobody needs those of a process that is dead; those of a state folder stay until they
 * are taken down.
 */
export type Owner = 'process' | 'state-folder';

/** Labels of what this process makes now. The owner label is `process <pid> <identity>` or `state-folder`. */
export const ownLabels = async ({ stateDir, owner }: { stateDir: string; owner: Owner }): Promise<Labels> => ({
  [OURS.stateDir]: stateDir,
  [OURS.host]: await thisHost(),
  [OURS.owner]: owner === 'process' ? `process ${process.pid} ${await ownIdentity()}` : owner,
});

/** Whether a thing belongs to a process of this host that is dead: its run is over without having removed it. */
export const isOrphan = async (labels: Labels, host: string): Promise<boolean> => {
  if (labels[OURS.host] !== host) return false;
  const [, pid, identity] = /^process (\d+) (.+)$/.exec(labels[OURS.owner] ?? '') ?? [];
  // A label that names no process is not ours to judge.
  return pid !== undefined && identity !== undefined && !(await isAlive({ pid: Number(pid), identity }));
};

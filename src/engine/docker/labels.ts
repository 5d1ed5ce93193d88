import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAlive, ownIdentity } from '#engine/state/process-identity.ts';

/** Compose's own. */
export const COMPOSE = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
} as const;

/** Ours, on every container, network and volume. */
export const OURS = {
  /** The state folder that it belongs to, absolute. */
  stateDir: 'passthru.state-dir',
  /** The machine and user for whom the owner's number means something. */
  host: 'passthru.host',
  /** The process that made it, as `<pid> <identity>`. */
  owner: 'passthru.owner',
  /** `owner`: nobody needs it when its owner is dead; `kept`: it belongs to its state folder. */
  lease: 'passthru.lease',
  /** Of the generated files that the container reads at its start. */
  configHash: 'passthru.config-hash',
} as const;

/** On our images, with the product as its value. */
export const IMAGE_LABEL = 'passthru.image';

export type Lease = 'owner' | 'kept';
export type Labels = Readonly<Record<string, string>>;

/** Labels of what this process makes now. */
export const ownLabels = async (options: { stateDir: string; lease: Lease }): Promise<Labels> => ({
  [OURS.stateDir]: options.stateDir,
  [OURS.host]: await thisHost(),
  [OURS.owner]: `${process.pid} ${await ownIdentity()}`,
  [OURS.lease]: options.lease,
});

/**
 * This machine and user; within one, containers that share its engine have processes of their own. Another user's processes may
 * be hidden from us (`hidepid` of /proc), so nobody judges them.
 */
export const thisHost = async (): Promise<string> => {
  const processes = await readlink('/proc/self/ns/pid').catch(() => '');
  return [hostname(), processes, process.getuid?.() ?? ''].join(' ').trim();
};

/** Ours among the labels of a thing. */
export const ourLabels = (labels: Labels): Labels =>
  Object.fromEntries(Object.values(OURS).flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])));

/** Whether a thing was made for one run on this host, and that run is over without having removed it. */
export const isOrphan = async (labels: Labels, host: string): Promise<boolean> => {
  if (labels[OURS.lease] !== 'owner' || labels[OURS.host] !== host) return false;
  const [, pid, identity] = /^(\d+) (.+)$/.exec(labels[OURS.owner] ?? '') ?? [];
  // A label that names nobody is not ours to judge.
  return pid !== undefined && identity !== undefined && !(await isAlive({ pid: Number(pid), identity }));
};

import type { Engine, Profile } from '#engine/engine.ts';
import { isAlive } from '#engine/state/process-identity.ts';
import { readRunFile, type RunRecords } from '#engine/state/run-file.ts';
import { isSameFolder, recordsByOwner } from '#engine/state/served-folder.ts';
import { isFilled, stateFolder } from '#engine/state/state-folder.ts';
import { CLOSE_PORT_STEP, PORT_STEP, SINK_PORT_OFFSET } from '#infra/magic/magic.ts';
import type { StackPorts } from '../stack-options.ts';
import { readStackRecord } from './stack-record.ts';

/** How the stack of a state folder was last started, as its files tell; nothing that runs is asked. */
export interface LastStart {
  readonly engine: Engine['kind'] | null;
  readonly ports: Partial<StackPorts>;
  /** Further names and addresses of the public servers. */
  readonly hosts: readonly string[];
  readonly profile: Profile | null;
  /** Processes of the embedded engine. */
  readonly embedded: RunRecords;
  /** Something was made for containers here, whichever engine came last. */
  readonly knowsDocker: boolean;
  /** The folder in which that was: this one was copied or moved from there; null when it is this one. */
  readonly movedFrom: string | null;
}

export const readLastStart = async (stateDir: string): Promise<LastStart> => {
  const folder = stateFolder(stateDir);
  const [{ records }, record, knowsDocker] = await Promise.all([
    readRunFile(folder.run),
    readStackRecord(stateDir),
    isFilled(folder.docker),
  ]);
  const rest = { embedded: records, knowsDocker };
  if (record === null || record === 'damaged')
    return { ...rest, engine: null, ports: portsIn(records), hosts: [], profile: null, movedFrom: null };
  const { engine, portKms, portIdentity, portStep = PORT_STEP, hosts = [], profile } = record;
  const movedFrom = (await isSameFolder(record.stateDir, folder.path)) ? null : record.stateDir;
  return { ...rest, engine, ports: { kms: portKms, identity: portIdentity, step: portStep }, hosts, profile, movedFrom };
};

/** Whether any of the services that were recorded still lives; those that run for a folder of which this one is a copy do not count. */
export const stateOf = async (records: RunRecords, stateDir: string): Promise<'running' | 'ended' | 'none'> => {
  const recorded = Object.values((await recordsByOwner(records, stateFolder(stateDir).path)).own);
  if (recorded.length === 0) return 'none';
  return (await Promise.all(recorded.map(isAlive))).includes(true) ? 'running' : 'ended';
};

/**
 * Of a stack without a KMS, such as that of `demo identity`, telemetry tells the KMS's port: its own is derived from it. It also tells
 * whether all ports follow one another.
 */
const portsIn = ({ kms, identity, telemetry }: RunRecords): Partial<StackPorts> => {
  const kmsPort = (step: number): number | undefined =>
    telemetry === undefined ? undefined : telemetry.port - (SINK_PORT_OFFSET / PORT_STEP) * step;
  const close = kmsPort(CLOSE_PORT_STEP);
  const areClose = close !== undefined && (kms?.port === close || identity?.port === close + 1);
  const portKms = kms?.port ?? kmsPort(areClose ? CLOSE_PORT_STEP : PORT_STEP);
  return {
    ...(portKms === undefined ? {} : { kms: portKms }),
    ...(identity === undefined ? {} : { identity: identity.port }),
    ...(areClose ? { step: CLOSE_PORT_STEP } : {}),
  };
};

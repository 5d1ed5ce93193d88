import type { Engine, Profile } from '#engine/engine.ts';
import { isAlive } from '#engine/state/process-identity.ts';
import { readRunFile, type RunRecords } from '#engine/state/run-file.ts';
import { recordsByOwner } from '#engine/state/served-folder.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { SINK_PORT_OFFSET } from '#infra/magic/magic.ts';
import type { StackPorts } from '../stack-options.ts';
import { readStackRecord, type StackRecord } from './stack-record.ts';

/** How the stack of a state folder was last started on each engine, as its files tell; nothing that runs is asked. */
export interface LastStart {
  readonly embedded: RunRecords;
  readonly docker: StackRecord | 'damaged' | null;
}

export const readLastStart = async (stateDir: string): Promise<LastStart> => ({
  embedded: (await readRunFile(stateFolder(stateDir).run)).records,
  docker: await readStackRecord(stateDir),
});

/** Whether any of the services that were recorded still lives; those that run for a folder of which this one is a copy do not count. */
export const stateOf = async (records: RunRecords, stateDir: string): Promise<'running' | 'ended' | 'none'> => {
  const recorded = Object.values((await recordsByOwner(records, stateFolder(stateDir).path)).own);
  if (recorded.length === 0) return 'none';
  return (await Promise.all(recorded.map(isAlive))).includes(true) ? 'running' : 'ended';
};

interface Start {
  readonly ports: Partial<StackPorts>;
  readonly profile: Profile;
}

/** Ports and profile of the last start: `passthru status` needs no flags after a demo on other ports. Stated ports stand. */
export const lastUsed = (kind: Engine['kind'], last: LastStart, stated: Start): Start => {
  if (kind === 'embedded') return { ports: { ...recordedPorts(last.embedded), ...stated.ports }, profile: stated.profile };
  if (last.docker === null || last.docker === 'damaged') return stated;
  const { portKms, portIdentity, profile } = last.docker;
  return { ports: { kms: portKms, identity: portIdentity, ...stated.ports }, profile };
};

/** Of a stack without a KMS, such as that of `demo identity`, telemetry tells the KMS's port: its own is derived from it. */
const recordedPorts = ({ kms, identity, telemetry }: RunRecords): Partial<StackPorts> => {
  const portKms = kms?.port ?? (telemetry === undefined ? undefined : telemetry.port - SINK_PORT_OFFSET);
  return {
    ...(portKms === undefined ? {} : { kms: portKms }),
    ...(identity === undefined ? {} : { identity: identity.port }),
  };
};

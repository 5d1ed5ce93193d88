import { at } from '#engine/endpoints.ts';
import { portsOf } from '#engine/ports.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { withDefaultPorts } from './ports.ts';
import { readLastStart } from './record/last-start.ts';

/** Where an operator of the stack of a state folder asks, and the folder with the files by which it is let in. */
export interface AdminOfStack {
  /** With ca.pem, cli-client.pem and cli-client.key. */
  readonly operator: string;
  readonly identityUrl: string;
}

/** As the stack was last started, whether it runs or not; null where none ever was. */
export const adminOfStack = async (stateDir: string): Promise<AdminOfStack | null> => {
  const { engine, embedded, ports } = await readLastStart(stateDir);
  if (engine === null && Object.keys(embedded).length === 0) return null;
  const { kms: portKms, identity: portIdentity, step: portStep } = withDefaultPorts(ports);
  return { operator: stateFolder(stateDir).tls, identityUrl: at(portsOf({ portKms, portIdentity, portStep }).identityAdmin) };
};

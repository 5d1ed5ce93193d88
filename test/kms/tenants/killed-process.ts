/** A replica that kills itself with signal 9 at the n-th write of an act on tenants, or once the act is done: what it does stands in its standard input. */
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { tenantsWorld } from '#test/kms/support/tenants-world.ts';
import { failingDatabases } from '../demo/failing-databases.ts';
import { ACTS, type ActName, type Asked } from './killed-acts.ts';

export interface KilledTask {
  readonly config: Parameters<typeof openDatabases>[0];
  readonly unsealKey: string;
  readonly act: ActName;
  readonly asked: Asked;
  /** Null: after the act. */
  readonly write: number | null;
}

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const { config, unsealKey, act, asked, write } = JSON.parse(Buffer.concat(chunks).toString()) as KilledTask;
const kill = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('killed');
};
const databases = failingDatabases(await openDatabases(config), write ?? Number.MAX_SAFE_INTEGER, kill);
await ACTS[act](await tenantsWorld(databases, new Uint8Array(Buffer.from(unsealKey, 'hex'))), asked);
kill();

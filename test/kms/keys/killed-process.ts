import type { IdempotencyKey } from '#kms/caller.ts';
import { withKey } from '../support/keyed-caller.ts';
import { keysOfProcess } from '../support/keys-of-process.ts';
import { watchedDatabase } from '../support/watched-database.ts';
import { ACTS, type ActName } from './killed-acts.ts';

/** What the process does, and when it kills itself with signal 9. */
export interface KilledTask {
  readonly act: ActName;
  readonly elasticKeyId: string;
  readonly key: IdempotencyKey;
  /** So many writes, its commit among them, are asked for; the last one is never sent. */
  readonly write?: number;
}

/** A process that makes one change and is killed at one of its writes, or, where none is named, between its commit and its answer. */
const kill = (): void => void process.kill(process.pid, 'SIGKILL');
const { task, ...keys } = await keysOfProcess<KilledTask>();
let writes = 0;
const write = (): void => {
  writes += 1;
  if (writes === task.write) kill();
};
const caller = withKey(
  keys.caller((database) => watchedDatabase(database, { write, committed: kill })),
  task.key,
);
await ACTS[task.act](keys, caller, task.elasticKeyId);

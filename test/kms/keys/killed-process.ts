import type { IdempotencyKey } from '#kms/caller.ts';
import { withKey } from '../support/keyed-caller.ts';
import { keysOfProcess } from '../support/keys-of-process.ts';
import { watchedDatabase } from '../support/watched-database.ts';
import { ACTS, type ActName } from './killed-acts.ts';

/** What the process does, and when it kills itself with signal 9. */
export interface KilledTask {
  readonly act: ActName;
  readonly asked: Readonly<Record<string, string>>;
  readonly key: IdempotencyKey;
  /** So many writes, its commit among them, are asked for, and the last one is never sent; null: between the commit and the answer. */
  readonly write: number | null;
}

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
await ACTS[task.act].run(keys, caller, task.asked);

import type { Databases } from '#infra/database/databases.ts';
import { watchedDatabase } from '../support/watched-database.ts';

/** Databases that die at the n-th write: from then on nothing is answered, as after kill -9. */
export interface FailingDatabases extends Databases {
  /** Whether the write came at which they die. */
  readonly died: () => boolean;
}

export class Crash extends Error {}

/**
 * @param dieAt counts each writing statement, each commit and each removal of a database, from 1 on
 * @param die default throws `Crash`
 */
export const failingDatabases = (
  inner: Databases,
  dieAt: number,
  die: () => never = () => {
    throw new Crash(`died at write ${dieAt}`);
  },
): FailingDatabases => {
  let writes = 0;
  const alive = (): void => {
    if (writes >= dieAt) die();
  };
  const write = (): void => {
    writes += 1;
    alive();
  };
  return {
    kind: inner.kind,
    jobs: inner.jobs,
    open: async (name, migrations, options) => {
      alive();
      return watchedDatabase(await inner.open(name, migrations, options), { write, read: alive });
    },
    drop: async (name) => {
      write();
      await inner.drop(name);
    },
    names: () => inner.names(),
    ping: (signal) => inner.ping(signal),
    lock: (name) => inner.lock(name),
    tryLock: (name) => inner.tryLock(name),
    died: () => writes >= dieAt,
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
};

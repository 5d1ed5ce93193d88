import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';

/** Milliseconds that each step waits for another connection; it holds up nobody here. */
const BUSY_TIMEOUT_MS = 5_000;
const PAUSE_MS = 10;

/** The code of the exit where somebody kept the log from being emptied. */
const HELD_UP = 75;

/** A SQLite file, written anew on a thread of its own. */
const { url, directory } = workerData as { readonly url: string; readonly directory: string };
const database = new DatabaseSync(new URL(url), { timeout: BUSY_TIMEOUT_MS });

/** SQLite itself does not wait where another connection is moving the log into the file at the moment. */
const emptiesLog = (): boolean => {
  const deadline = performance.now() + BUSY_TIMEOUT_MS;
  const empty = database.prepare('pragma wal_checkpoint(truncate)');
  const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (;;) {
    if (empty.get()?.['busy'] === 0) return true;
    if (performance.now() >= deadline) return false;
    Atomics.wait(pause, 0, 0, PAUSE_MS);
  }
};

try {
  // The copy goes to a file, which has no name from its opening on: memory would have to hold the whole of it. It stands beside the
  // database, because elsewhere there may be no room or no right to write.
  database.exec(`pragma temp_store = file; pragma temp_store_directory = '${directory.replaceAll("'", "''")}'`);
  database.exec('pragma synchronous = full; pragma secure_delete = on; pragma trusted_schema = off; pragma cell_size_check = on');
  database.exec('vacuum');
  if (!emptiesLog()) process.exitCode = HELD_UP;
} finally {
  database.close();
}

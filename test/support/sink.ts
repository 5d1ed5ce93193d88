import { once } from 'node:events';
import { randomUUIDv7 } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readRecords } from '#engine/embedded/otlp-sink/records.ts';
import type { SignalKind } from '#engine/otlp-records.ts';
import { createSink } from '#engine/embedded/otlp-sink/server.ts';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import { openStore } from '#engine/embedded/otlp-sink/store.ts';
import type { Pki } from './pki.ts';

export interface RunningSink extends AsyncDisposable {
  readonly endpoint: string;
  readonly port: number;
  readonly directory: string;
  /** Its log lines, oldest first. */
  readonly logged: readonly string[];
  records(kind: SignalKind): Promise<unknown[]>;
}

/** A telemetry sink of its own. */
export const startSink = async (
  pki: Pki,
  options: { readonly maxFileBytes?: number; readonly port?: number } = {},
): Promise<RunningSink> => {
  const directory = join(pki.folder, `sink-${randomUUIDv7()}`);
  const store = await openStore(directory, options);
  const logged: string[] = [];
  const log = (line: string): void => void logged.push(line);
  const sinkLog = { info: log, warn: log, error: log };
  const jobs = createJobs({ log: sinkLog });
  const server = await createSink({ tls: pki.server, store, jobs, log: sinkLog, lostLines: () => ({ lines: 0, cause: null }) });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `https://127.0.0.1:${port}`,
    port,
    directory,
    logged,
    records: async (kind) => Array.fromAsync(readRecords(directory, kind)),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await jobs[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
};

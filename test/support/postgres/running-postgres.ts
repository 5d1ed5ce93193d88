import type { PostgresConfig } from '#infra/database/config.ts';
import type { TlsFiles } from '#infra/tls/config.ts';

/** A PostgreSQL of its own: TLS 1.3 only, client certificates only. Disposed, it is gone with all that was in it. */
export interface ServingPostgres extends AsyncDisposable {
  readonly config: PostgresConfig;
  /** JSON of `config`, for `PASSTHRU_TEST_POSTGRES`. */
  readonly configFile: string;
  /** Files of a certificate from the same authority for another user. */
  certificateOf(user: string): Promise<TlsFiles>;
}

/** One whose data outlive its process. */
export interface RunningPostgres extends ServingPostgres {
  /** Ends it at once, as a crash would; connections break. */
  crash(): Promise<void>;
  /** Starts it again on the same port, with what it had. */
  start(): Promise<void>;
}

/** A way to get one. */
export interface PostgresProvider {
  /** For a reader, for example `postgres:17-trixie in a container`. */
  readonly name: string;
  /** Why there is none to be had on this machine, one clause; null when there is. */
  problem(): Promise<string | null>;
  start(): Promise<RunningPostgres>;
  /** For many tests in a row: its data are in memory where that can be, since a database for each test is much to write. */
  startInMemory(): Promise<ServingPostgres>;
}

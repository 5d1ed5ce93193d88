import type { PartName } from '#engine/engine.ts';
import type { Report } from '#demo/report.ts';
import type { Trace } from '#demo/traces/trace-tree.ts';
import type { Exchange } from '#infra/evidence/exchange.ts';

/** All that the page of a run shows; secrets are redacted before they come here. */
export interface PageData {
  readonly report: Report;
  /** Epoch milliseconds of its begin. */
  readonly startedAt: number;
  readonly lanes: readonly Lane[];
  /** Recorded requests with their answers, in the order of the answers; empty where nobody recorded. */
  readonly exchanges: readonly Exchange[];
  /** Ids of the exchanges on which a check rests, by `<step> <check>`; a check that rests on none of them is not there. */
  readonly bases: Readonly<Record<string, readonly string[]>>;
  /** One request through the whole stack; null where none was found. */
  readonly trace: Trace | null;
  readonly environment: Environment;
}

/** How a part came up, in milliseconds since the run began. */
export interface Lane {
  readonly part: PartName;
  /** Null: it ran already. */
  readonly startedMs: number | null;
  /** Null: it never got healthy, or nobody waits for it by itself, as for a database. */
  readonly healthyMs: number | null;
  /** Milliseconds, up to `healthyMs`, that the run stood still for it. */
  readonly waitedMs: number;
  /** When it ended, where it did. */
  readonly exitedMs: number | null;
}

export interface Environment {
  /** Of passthru. */
  readonly version: string;
  /** For example `v26.10.0`. */
  readonly node: string;
  /** For example `linux x64`. */
  readonly platform: string;
  /** From the root down. */
  readonly certificates: readonly Certificate[];
  /** A sentence for each part that could not be had. */
  readonly notes: readonly string[];
}

export interface Certificate {
  /** For example `CN=passthru root CA, O=passthru`. */
  readonly subject: string;
  /** RFC 3339. */
  readonly notAfter: string;
  /** SHA-256, hexadecimal with colons. */
  readonly fingerprint: string;
}

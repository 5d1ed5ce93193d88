import { type Static, Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';
import { tlsFilesSchema } from '#infra/tls/config.ts';

/** The collector of traces, metrics and logs: OTLP/HTTP on the user's own machine, over TLS with a client certificate. */
export const telemetryConfigSchema = strictObject(
  {
    endpoint: Type.String({
      pattern: '^https://[^/?#@]+(/[^?#]*)?$',
      description: 'base URL of OTLP/HTTP, https only; /v1/traces, /v1/metrics and /v1/logs are appended',
    }),
    tls: tlsFilesSchema,
    export_interval_ms: Type.Integer({
      minimum: 10,
      maximum: 60_000,
      default: 1_000,
      description: 'how long spans, metrics and log records are gathered before they are sent',
    }),
    traces_per_second: Type.Integer({
      minimum: 0,
      maximum: 100_000,
      default: 100,
      description: 'new traces that are recorded in a second, at most; metrics count what the others did, and logs have their ids',
    }),
  },
  { description: 'the collector of traces, metrics and logs' },
);

type Stated = Static<typeof telemetryConfigSchema>;
type Defaulted = 'export_interval_ms' | 'traces_per_second';

/** Where the configuration says nothing, `export_interval_ms` is 1,000 and `traces_per_second` 100. */
export type TelemetryConfig = Omit<Stated, Defaulted> & Partial<Pick<Stated, Defaulted>>;

/** The log of a server in files of its own, for a place where nobody else collects and bounds its stdout. */
export const logFileConfigSchema = strictObject(
  {
    file: filePath({ description: 'the log, one JSON object a line; `.1`, `.2` and so on are appended to the names of older files' }),
    max_file_bytes: Type.Integer({
      minimum: 65_536,
      maximum: 1_073_741_824,
      default: 10_485_760,
      description: 'size at which a new file begins',
    }),
    older_files: Type.Integer({ minimum: 1, maximum: 100, default: 4, description: 'number of older files that are kept' }),
  },
  { description: 'the log of the server in files of its own; without it, the log goes to stdout' },
);

export type LogFileConfig = Static<typeof logFileConfigSchema>;

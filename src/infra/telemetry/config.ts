import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { tlsFilesSchema } from '#infra/tls/config.ts';

/** The collector of traces, metrics and logs: OTLP/HTTP on the user's own machine, over TLS with a client certificate. */
export const telemetryConfigSchema = strictObject({
  endpoint: Type.String({
    pattern: '^https://[^/?#@]+(/[^?#]*)?$',
    description: 'base URL of OTLP/HTTP, https only; /v1/traces, /v1/metrics and /v1/logs are appended',
  }),
  tls: tlsFilesSchema,
  export_interval_ms: Type.Integer({
    minimum: 10,
    maximum: 60_000,
    default: 1_000,
    description: 'spans and logs wait this long for company',
  }),
});

/** `export_interval_ms` is 1,000 where the configuration says nothing. */
export type TelemetryConfig = Omit<Static<typeof telemetryConfigSchema>, 'export_interval_ms'> & { export_interval_ms?: number };

import type { Telemetry } from './telemetry.ts';

const ignore = (): void => {};

/** Telemetry that records nothing; spans still run what they are given. */
export const noTelemetry = (): Telemetry => ({
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  span: async (_name, _options, run) => run({ set: ignore }),
  carrier: () => ({}),
  traceId: () => null,
  keep: () => (run) => run(),
  counter: () => ignore,
  histogram: () => ignore,
  gauge: ignore,
  exposition: async () => '',
  dropped: () => ({ log_lines: 0, log_cause: null, telemetry_records: 0 }),
  probe: async () => {},
  flush: async () => {},
  [Symbol.asyncDispose]: async () => {},
});

import { describe, expect, it } from 'vitest';
import { checkConfig } from '#infra/config/check-config.ts';
import { telemetryConfigSchema } from '#infra/telemetry/config.ts';

const tls = { ca: 'ca.pem', cert: 'c.pem', key: 'c.key' };

describe('the configuration of telemetry', () => {
  it('exports once a second, and at most 100 new traces, where it says nothing else', () => {
    const config = { endpoint: 'https://collector:4318/otlp', tls };
    expect(checkConfig(telemetryConfigSchema, config, 'telemetry')).toEqual({
      ...config,
      export_interval_ms: 1_000,
      traces_per_second: 100,
    });
  });

  it.each([
    ['http', 'http://collector:4318'],
    ['credentials', 'https://user:secret@collector:4318'],
    ['a query', 'https://collector:4318?token=secret'],
    ['no host', 'https://'],
  ])('refuses an endpoint with %s', (_what, endpoint) => {
    expect(() => checkConfig(telemetryConfigSchema, { endpoint, tls }, 'telemetry')).toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    );
  });
});

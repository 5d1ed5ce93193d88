import { describe, expect, it } from 'vitest';
import { collectorRecord } from '#cli/reporters/lines/collector-record.ts';
import { serviceRecord } from '#cli/reporters/lines/service-record.ts';

const RESOURCE = '"resource":{"service.instance.id":"26312c06","service.name":"otelcol-contrib","service.version":"0.160.0"}';
const JSON_LINE = `{"level":"error","ts":"2026-11-27T21:40:22.564Z","caller":"graph/graph.go:454","msg":"Failed to start component",${RESOURCE},"error":"listen tcp: address 99999: invalid port","type":"Receiver","id":"otlp"}`;
const CONSOLE_LINE = `2026-11-27T21:40:17.774Z\tinfo\totlpreceiver@v0.160.0/otlp.go:175\tStarting HTTP server\t{${RESOURCE}, "endpoint": "127.0.0.1:4318"}`;

describe('A line of the OpenTelemetry Collector', () => {
  it('is a record with its error in the message, and not with who the Collector is', () => {
    expect(collectorRecord(JSON_LINE)).toEqual({
      timestamp: '2026-11-27T21:40:22.564Z',
      severity: 'ERROR',
      body: 'Failed to start component: listen tcp: address 99999: invalid port',
      attributes: { caller: 'graph/graph.go:454', error: 'listen tcp: address 99999: invalid port', type: 'Receiver', id: 'otlp' },
    });
  });

  it('is read in its console encoding, too', () => {
    expect(collectorRecord(CONSOLE_LINE)).toMatchObject({ severity: 'INFO', body: 'Starting HTTP server' });
    expect(collectorRecord('2026-11-27T21:40:17.774Z\twarn\tcaller.go:1\talone')).toMatchObject({ severity: 'WARN', body: 'alone' });
  });

  it.each([[JSON_LINE], [CONSOLE_LINE]])('is a record of a service like any other: %s', (line) => {
    const { body, severity } = collectorRecord(line) ?? {};
    expect(serviceRecord(line)).toMatchObject({ body, severity });
  });

  it.each([
    ['Error: failed to get config: cannot unmarshal the configuration'],
    ['{"level":30,"msg":"listening"}'],
    ['{"timestamp":"2026-11-27T21:40:22.564Z","severity_text":"INFO","body":"ours"}'],
    ['a\tb\tc\td'],
    [''],
  ])('is not seen in %j', (line) => {
    expect(collectorRecord(line)).toBeNull();
  });
});

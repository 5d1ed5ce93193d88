import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const telemetry = new URL('../../../src/infra/telemetry/sdk/start-telemetry.ts', import.meta.url).href;

/** Runs a program with `telemetry` in scope and gives back what it wrote to stdout, a JSON object a line. */
const run = async (program: string): Promise<Record<string, unknown>[]> => {
  const source = `
    import { startTelemetry } from '${telemetry}';
    await using telemetry = await startTelemetry({ service: 'passthru-test', version: '1.2.3', log: 'stdout' });
    ${program}`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source]);
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('log lines on stdout', () => {
  it('are JSON objects with the field names of OTLP', async () => {
    const message = `hello "${randomUUIDv7()}"`;
    const [outside, inside] = await run(`
      telemetry.log.info(${JSON.stringify(message)}, { port: 8081 });
      await telemetry.span('work', {}, async () => telemetry.log.error('inside', { reason: 'test' }));`);
    expect(outside).toEqual({
      severity_text: 'INFO',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      'service.name': 'passthru-test',
      'process.pid': expect.any(Number),
      attributes: { port: 8081 },
      body: message,
    });
    expect(inside).toMatchObject({
      severity_text: 'ERROR',
      body: 'inside',
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it('keep one line to a message of several, and hold neither secrets nor attributes that are not allowed', async () => {
    const secret = randomUUIDv7();
    const lines = await run(`telemetry.log.warn('first\\nBearer ${secret}\\n{"body":"forged"}', { password: '${secret}', state: 'on' });`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ body: 'first\nBearer [redacted]\n{"body":"forged"}', attributes: { state: 'on' } });
    expect(JSON.stringify(lines)).not.toContain(secret);
  });
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { traceListSchema, traceSchema } from '#cli/documents/trace.ts';
import { main } from '#cli/main.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { newTraceId, traceRequest } from '#test/support/otlp-traces.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
const [isTrace, isList] = [ajv.compile(traceSchema), ajv.compile(traceListSchema)];

/** `passthru trace` in a state folder whose embedded collector has received these. */
const trace = async (words: string, records: readonly unknown[]) => {
  await using folder = await temporaryDirectory();
  const stateDir = join(folder.path, '.passthru');
  await mkdir(join(stateDir, 'data', 'telemetry'), { recursive: true, mode: 0o700 });
  await writeFile(join(stateDir, 'data', 'telemetry', 'traces.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const cli = fakeProcess({ cwd: folder.path });
  await main(['trace', ...words.split(' ').filter((word) => word !== ''), '--engine', 'embedded'], cli);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, ...cli.written };
};

const traceId = newTraceId();
const RECORDS = [
  traceRequest('passthru-identity', { traceId, id: 'b', parent: 'a', from: 2, to: 5, name: 'identity POST /token', kind: 2 }),
  traceRequest('passthru-kms', {
    traceId,
    id: 'a',
    to: 12.3456,
    name: 'kms GET /keys',
    kind: 2,
    attributes: { 'http.response.status_code': 401 },
  }),
];

describe('passthru trace', () => {
  it('prints the tree of a trace by a traceparent', async () => {
    const { code, out } = await trace(`00-${traceId}-00f067aa0ba902b7-01`, RECORDS);
    expect(code).toBe(0);
    expect(out).toMatch(/kms {7}GET \/keys 401\n.*identity {2}└─ POST \/token\n$/);
  });

  it('prints it as a document of the schema that is published', async () => {
    const { out } = await trace(`${traceId} --output json`, RECORDS);
    const document: unknown = JSON.parse(out);
    expect([isTrace(document), isTrace.errors]).toEqual([true, null]);
    expect(document).toMatchObject({
      trace_id: traceId,
      duration_ms: 12.346,
      services: ['passthru-kms', 'passthru-identity'],
      spans: [
        { name: 'kms GET /keys', parent: 'none', parent_span_id: null },
        { name: 'identity POST /token', parent: 'here', offset_ms: 2, duration_ms: 3 },
      ],
    });
  });

  it('without an id lists the last traces, and says how to look at one', async () => {
    const { code, out, err } = await trace('', RECORDS);
    expect([code, err]).toEqual([0, `One of them: passthru trace ${traceId.slice(0, 8)}\n`]);
    expect(out).toContain(`${traceId}  12.3 ms  401     kms identity  kms GET /keys\n`);
    const document: unknown = JSON.parse((await trace('--output json', RECORDS)).out);
    expect([isList(document), isList.errors]).toEqual([true, null]);
    expect(document).toMatchObject({ traces: [{ trace_id: traceId, status: 401, failed: true, spans: 2 }] });
  });

  it('says that nothing was received, or that nothing is wanted', async () => {
    expect(await trace('', [])).toMatchObject({ code: 0, out: '', err: expect.stringMatching(/^Telemetry has received no trace in /) });
    const [, quiet] = RECORDS;
    const records = [{ ...quiet, ...traceRequest('passthru-kms', { traceId, id: 'a', kind: 2 }) }];
    expect((await trace('--failed', records)).err).toBe('None of the 1 traces is wanted by these flags\n');
  });

  it('is wrong where the id is none', async () => {
    expect(await trace('yesterday', [])).toMatchObject({
      code: 64,
      err: expect.stringContaining('[id] must be a trace id, its first digits'),
    });
  });
});

import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { listTraces } from '#demo/traces/list-traces.ts';
import { spansIn } from '#demo/traces/read-spans.ts';
import { traceTree } from '#demo/traces/trace-tree.ts';
import { traceLines } from '#cli/reporters/lines/trace-lines.ts';
import { traceListLines } from '#cli/reporters/lines/trace-list-lines.ts';
import { newTraceId, received, spanId, traceRequest, type WrittenSpan } from '#test/support/otlp-traces.ts';

const traceId = newTraceId();
const plain = new Chalk({ level: 0 });

type Written = Omit<WrittenSpan, 'traceId'> & { readonly service?: string };

const linesOf = (written: readonly Written[], { verbose = false, width = 130, paint = plain } = {}): readonly string[] => {
  const spans = written.flatMap(({ service = 'passthru-kms', ...span }) => spansIn(traceRequest(service, { traceId, ...span })));
  return traceLines({ trace: traceTree(spans), linkedFrom: [] }, { paint, width, verbose });
};

const answered = (status: number) => ({ 'http.request.method': 'GET', 'http.route': '/keys', 'http.response.status_code': status });

describe('A trace for people', () => {
  it('has each span with its start, its time, its place and its bar, and the status of answers', () => {
    const lines = linesOf([
      { id: 'a', name: 'call', from: 0, to: 100, service: 'passthru-cli', kind: 3 },
      { id: 'b', name: 'kms GET /keys', parent: 'a', from: 50, to: 90, kind: 2, attributes: answered(401) },
      { id: 'c', name: 'db select keys', parent: 'b', from: 60, to: 60.25 },
    ]);
    expect(lines).toEqual([
      `Trace ${traceId}`,
      '2026-01-02 03:04:05.000 UTC · 100 ms · 3 spans · cli, kms',
      '',
      '   start     time',
      '    0 ms   100 ms  ━━━━━━━━━━━━━━━━━━━━  cli  call',
      '   50 ms  40.0 ms            ━━━━━━━━    kms  └─ GET /keys 401',
      '   60 ms  0.25 ms              ━         kms     └─ db select keys',
    ]);
  });

  it('says of a span that its parent is elsewhere, that its clock was set, and to which traces it is linked', () => {
    const other = newTraceId();
    const lines = linesOf([
      { id: 'a', parent: 'x', isParentRemote: true, from: 1_000, to: 1_100, links: [{ traceId: other, spanId: spanId('z') }] },
      { id: 'b', parent: 'a', from: 500, to: 600, service: 'passthru-identity', error: 'away' },
      { id: 'c', parent: 'y', isParentRemote: false, from: 1_000, to: 1_001 },
    ]);
    expect(lines.slice(4).map((line) => line.slice(51))).toEqual([
      `work the span of its caller is not here · linked to trace ${other}`,
      '└─ work error away · its clock is 500 ms behind, moved',
      'work its parent is not here: it still runs, or got lost',
    ]);
  });

  it('tells a long row of spans by its first ones and their number, and with -v each, with its attributes', () => {
    const row = Array.from({ length: 30 }, (_, at): Written => {
      const name = `db ${at % 3 === 0 ? 'update' : 'select'} keys`;
      return { id: `${at}`, parent: 'a', name, from: at, to: at + 1, attributes: { 'db.system.name': 'sqlite', 'db.namespace': 'kms' } };
    });
    const spans: readonly Written[] = [{ id: 'a', name: 'kms GET /keys', to: 100, attributes: answered(200) }, ...row];
    const short = linesOf(spans);
    expect(short).toHaveLength(4 + 1 + 10 + 1);
    expect(short.at(-1)?.trim()).toBe('└─ 20 more: 14 × db select keys, 6 × db update keys, 20.0 ms together');
    const full = linesOf(spans, { verbose: true });
    expect(full).toHaveLength(4 + 2 + 2 * 30);
    expect(full[5]?.trim()).toBe('http.request.method=GET http.route=/keys http.response.status_code=200');
    expect(full[7]?.trim()).toBe('db.system.name=sqlite db.namespace=kms');
  });

  it('cuts names at the edge of a terminal and nothing in a pipe, and steers no terminal', () => {
    const name = `${'long '.repeat(40)}\x1b[2J\u202e`;
    expect(linesOf([{ id: 'a', name }], { width: 80 })[4]?.length).toBeLessThanOrEqual(80);
    expect(linesOf([{ id: 'a', name, error: '\x1b]0;x\x07' }], { width: Number.POSITIVE_INFINITY })[4]).toContain(
      'long \\x1b[2J\\u{202e} error \\x1b]0;x\\x07',
    );
  });

  it('is drawn to a depth, however deep it is', () => {
    const deep = Array.from({ length: 200 }, (_, at): Written => ({
      id: `${at}`,
      parent: at === 0 ? 'x' : `${at - 1}`,
      from: at,
      to: 500,
    }));
    const lines = linesOf(deep, { width: Number.POSITIVE_INFINITY });
    expect(lines).toHaveLength(204);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200);
  });

  it('names the other traces that it led to', () => {
    const other = newTraceId();
    const spans = spansIn(traceRequest('passthru-kms', { traceId, id: 'a' }));
    const linkedFrom = spansIn(traceRequest('passthru-identity', { traceId: other, id: 'b', name: 'identity GET /jwks' }));
    const lines = traceLines({ trace: traceTree(spans), linkedFrom }, { paint: plain, width: 130, verbose: false });
    expect(lines.slice(-2)).toEqual(['Other traces that it led to', `  ${other}  identity  identity GET /jwks`]);
  });

  it('has refusals in yellow and failures in red', () => {
    const [refused, failed] = [401, 503].map((status) =>
      linesOf([{ id: 'a', attributes: answered(status) }], { paint: new Chalk({ level: 1 }) }).join('\n'),
    );
    expect(refused).toContain('\x1b[33m401');
    expect(failed).toContain('\x1b[31m\x1b[1m503');
  });
});

describe('A list of traces for people', () => {
  it('has a line each, with enough of the id to ask for it; in a pipe with all of it', async () => {
    const traces = await listTraces(
      received(
        traceRequest('passthru-kms', { traceId, id: 'a', name: 'kms GET /keys', to: 12, attributes: answered(401) }),
        traceRequest('passthru-identity', { traceId, id: 'b', parent: 'a', from: 2, to: 3 }),
      ),
    );
    expect(traceListLines(traces, { paint: plain, width: 100 })).toEqual([
      'Time (UTC)    Trace        Took  Status  Services      Begins with',
      `03:04:05.000  ${traceId.slice(0, 8)}  12.0 ms  401     kms identity  kms GET /keys`,
    ]);
    expect(traceListLines(traces, { paint: plain, width: Number.POSITIVE_INFINITY })[1]).toContain(` ${traceId} `);
    expect(traceListLines(traces, { paint: new Chalk({ level: 1 }), width: 100 })[1]).toContain('\x1b[33m401');
  });
});

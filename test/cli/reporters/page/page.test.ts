import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ticksOf } from '#cli/reporters/page/bars.ts';
import { reportPage } from '#cli/reporters/page/page.ts';
import { spansIn } from '#demo/traces/read-spans.ts';
import { traceTree } from '#demo/traces/trace-tree.ts';
import { FAILED_RUN, PASSED_RUN } from '#test/support/cli-events.ts';
import { newTraceId, traceRequest } from '#test/support/otlp-traces.ts';
import { HOSTILE, recordedPage } from '#test/support/page-data.ts';

/** Text of a page as a reader sees it, roughly: without markup, white space as one. */
const readable = (page: string): string =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

/** Ids of sections, in their order. */
const sections = (page: string): readonly string[] => [...page.matchAll(/<section aria-labelledby="([\w-]+)"/g)].map(([, id]) => id ?? '');

/** A value of the same shape in which every text is another. */
const withTexts = (value: unknown, text: (key: string, old: string) => string, key = ''): unknown => {
  if (typeof value === 'string') return text(key, value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, text, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withTexts(item, text, name)]));
};

const trace = (name: string, service: string) => {
  const traceId = newTraceId();
  const [root, child] = [
    { traceId, id: 'root', name, from: 0, to: 12 },
    { traceId, id: 'child', parent: 'root', name: 'kms POST /encrypt', from: 2, to: 6 },
  ];
  return traceTree([...spansIn(traceRequest(service, root)), ...spansIn(traceRequest('passthru-kms', child))]);
};

const passed = reportPage(recordedPage(PASSED_RUN));
const failed = reportPage(recordedPage(FAILED_RUN));

describe('The page of a run', () => {
  it('says first how the run came out, in words and figures', () => {
    expect(/<h1>(.*)<\/h1>/.exec(passed)?.[1]).toBe('Everything passed');
    expect(readable(passed)).toMatch(/Steps passed 5 Checks passed 8 Refusals shown 3 Requests 1 Bring up 318 ms/);
    expect(/<h1>(.*)<\/h1>/.exec(failed)?.[1]).toBe('Part of it failed');
    expect(readable(failed)).toMatch(/Steps passed 3 of 5 Checks passed 6 of 7/);
  });

  it('has a section for each part of the run that there is something to say of', () => {
    expect(sections(passed)).toEqual(['trouble', 'bring-up', 'time', 'steps', 'environment']);
    const quiet = recordedPage(PASSED_RUN);
    const page = reportPage({ ...quiet, report: { ...quiet.report, warnings: [] } });
    expect(sections(page)).toEqual(['bring-up', 'time', 'steps', 'environment']);
  });

  it('tells of a failure the root cause with its log and fix, the failed step unfolded with its causes, and the values', () => {
    const text = readable(failed);
    expect(text).toContain('Root cause kms was ended by SIGKILL');
    expect(failed).toContain('Look at <code>passthru logs kms</code>, then run the demo again: it starts what is down.');
    expect(text).toContain('caused by connection-refused localhost:8081 refuses connections');
    expect(text).toContain('Elastic key created expected 201 got 503');
    expect(text).toContain('Skipped: Crypto.');
    const open = [...failed.matchAll(/<details class="step" open>[\s\S]*?id="([\w-]+)"/g)];
    expect(open.map(([, id]) => id)).toEqual(['step-kms-keys']);
  });

  it('draws the bring-up on one axis, with the critical path in it', () => {
    expect(readable(passed)).toContain('The run waited for telemetry → identity → kms .');
    const rows = [...passed.matchAll(/<span class="name">(\w+)<\/span>(.*?)<span class="time">([^<]*)</g)];
    const lanes = Object.fromEntries(rows.map(([, name = '', bar = '', time]) => [name, { waits: bar.includes('"critical"'), time }]));
    expect(lanes['telemetry']).toEqual({ waits: true, time: '90 ms' });
    expect(lanes['kms']).toEqual({ waits: true, time: 'was up' });
  });

  it('says how long such a run usually takes, of one that passed', () => {
    const prediction = { duration_ms: 1_134, runs: 4, start: 'kept', images: null } as const;
    const told = (data: ReturnType<typeof recordedPage>) => readable(reportPage({ ...data, report: { ...data.report, prediction } }));
    expect(told(recordedPage(PASSED_RUN))).toContain('It took 50 % longer than it usually does here: 1.1 s , by 4 earlier runs.');
    expect(told(recordedPage(FAILED_RUN))).not.toContain('usually');
  });

  it('shows requests with their answers where they were recorded, else a line each', () => {
    expect(readable(passed)).toContain('1 request POST localhost:8082 /oauth2/token 200 12 ms');
    const exchange = {
      id: 'x1',
      step: 'identity.pkce',
      started_at: '2026-01-02T03:04:05.388Z',
      duration_ms: 12,
      request: {
        method: 'POST',
        url: 'https://localhost:8082/oauth2/[secret%20b]?a=b',
        headers: { accept: 'application/json' },
        body: { kind: 'form', value: { grant_type: 'authorization_code' }, text: '', bytes: 33 },
      },
      answer: { status: 200, headers: { 'cache-control': 'no-store' }, cookies: ['a=b; Secure'], body: null },
    } as const;
    const bases = { 'identity.pkce id-token': ['x1'] };
    const page = reportPage(recordedPage(PASSED_RUN, { exchanges: [exchange], bases }));
    expect(readable(page)).toContain(
      'x1 POST localhost:8082 /oauth2/[secret b] 200 12 ms Request a b { &quot;grant_type&quot;: &quot;authorization_code&quot; } form, 33 bytes accept application/json Answer cache-control no-store set-cookie a=b; Secure',
    );
    expect(/ID token verified.*?<td>(.*?)<\/td>/.exec(page)?.[1]).toContain('<a href="#x1">x1</a>');
    expect(page).toContain('<div class="pair" id="x1">');
  });

  it('draws a trace span by span, each below its parent', () => {
    const page = reportPage(recordedPage(PASSED_RUN, { trace: trace('demo trace', 'passthru-cli') }));
    expect(sections(page)).toContain('trace');
    expect(page).toContain('>A trace, span by span</h2>');
    expect(readable(page)).toContain('2 spans of passthru-cli, passthru-kms, in 12 ms.');
    expect(page).toMatch(/class="name d1">.*kms POST \/encrypt/);
  });

  it('holds no password of the demo', () => {
    for (const page of [passed, failed]) expect(page).not.toContain('-password');
  });
});

describe('The page of a run stands alone:', () => {
  it('the policy allows its own style sheet, by digest, and nothing else', () => {
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(passed) ?? [];
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(passed) ?? [];
    const digest = createHash('sha256').update(style).digest('base64');
    expect(policy.replaceAll('&#39;', "'").split('; ')).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${digest}'`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('nothing is loaded, nothing run, nothing styled inline', () => {
    for (const page of [passed, failed]) {
      expect(page).not.toMatch(/<script|<iframe|<object|<form|@import|\sstyle=|\son\w+=|javascript:/i);
      const named = [...page.matchAll(/\s(?:src|srcset|href)="([^"#][^"]*)"/g)].map(([, url]) => url);
      expect(named.filter((url) => !/^(https:\/\/localhost|data:image\/svg\+xml)/.test(url ?? ''))).toEqual([]);
    }
  });

  it('no text of a server, a check or a log becomes markup or turns the direction of reading', () => {
    const data = recordedPage(FAILED_RUN);
    // These hold words of ours, times and addresses; each address is one that was asked.
    const ours = ['status', 'outcome', 'started_at', 'id', 'phase', 'step', 'url'];
    const report = withTexts(data.report, (key, old) => (ours.includes(key) ? old : HOSTILE)) as typeof data.report;
    const exchange = {
      id: 'x1',
      step: 'identity.pkce',
      started_at: '',
      duration_ms: 1,
      request: {
        method: HOSTILE,
        url: HOSTILE,
        headers: { [HOSTILE]: HOSTILE },
        body: { kind: 'json', value: { [HOSTILE]: HOSTILE }, text: '', bytes: 1 },
      },
      answer: { status: 200, headers: {}, cookies: [HOSTILE], body: { kind: 'text', value: null, text: HOSTILE, bytes: 1 } },
    } as const;
    const environment = {
      version: HOSTILE,
      node: HOSTILE,
      platform: HOSTILE,
      certificates: [{ subject: HOSTILE, notAfter: '2027-01-01T00:00:00Z', fingerprint: HOSTILE }],
      notes: [HOSTILE],
    };
    const page = reportPage({ ...data, report, exchanges: [exchange], environment, trace: trace(HOSTILE, HOSTILE) });
    expect(page.match(/<script|<img/g)).toBeNull();
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    for (const steering of ['\u202E', '\u0000']) expect(page).not.toContain(steering);
    expect(page.split('&lt;script&gt;alert(1)&lt;/script&gt;').length).toBeGreaterThan(20);
  });
});

describe('The marks of an axis', () => {
  it.each([
    [9_600, [2_000, 4_000, 6_000, 8_000]],
    [2_800, [1_000, 2_000]],
    [12, [5, 10]],
    [0, []],
  ])('of %d ms stand at round numbers', (whole, ticks) => {
    expect(ticksOf(whole)).toEqual(ticks);
  });
});

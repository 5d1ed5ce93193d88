import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { allowedAttributes } from '#infra/telemetry/attributes.ts';
import { telemetryConfigSchema } from '#infra/telemetry/config.ts';
import { createMeasures } from '#infra/telemetry/sdk/measures.ts';
import { createProviders } from '#infra/telemetry/sdk/providers.ts';
import { DEPLOYMENTS, readYaml } from '#test/deployments/deployments.ts';
import { ROOT } from '#test/support/engine.ts';

interface Query {
  readonly refId: string;
  readonly expr?: string;
  readonly query?: string;
  readonly datasource: { readonly uid: string };
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly { readonly id: number; readonly title: string; readonly targets: readonly Query[] }[];
}

const FOLDER = join(DEPLOYMENTS, 'telemetry/grafana');

const dashboards = async (): Promise<readonly Dashboard[]> => {
  const files = (await readdir(join(FOLDER, 'dashboards'))).toSorted();
  expect(files).toEqual(['identity.json', 'kms.json']);
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(FOLDER, 'dashboards', file), 'utf8')) as Dashboard));
};

const queries = async () => (await dashboards()).flatMap(({ panels }) => panels.flatMap(({ targets }) => targets));

/** Names under which Prometheus stores what our code measures: dots become underscores, the unit and `_total` are appended. */
const measured = async (): Promise<readonly string[]> => {
  const files = (await readdir(join(ROOT, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts'));
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, 'src', file), 'utf8')));
  return texts.flatMap((text) =>
    [...text.matchAll(/\b(counter|histogram)\('([^']+)'/g)].map(([, kind, name = '']) =>
      kind === 'counter' ? `${name.replaceAll('.', '_')}_total` : `${name.replaceAll('.', '_')}_seconds`,
    ),
  );
};

/** Labels and fields of a query: what stands before `=`, `!=`, `=~`, `!~` or in `by (…)`, without those of Prometheus and Loki itself. */
const labelsOf = (expr: string): readonly string[] => {
  const matchers = [...expr.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
  const groups = [...expr.matchAll(/by \(([^)]+)\)/g)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim()));
  return [...matchers, ...groups].filter((label) => !['job', 'le', 'service_name'].includes(label));
};

/** True for an attribute that may leave our processes; Prometheus writes underscores for dots. */
const isEmitted = (label: string): boolean =>
  [
    label,
    label.replaceAll('_', '.'),
    label.replace('status.code', 'status_code'),
    label.replaceAll('_', '.').replace('status.code', 'status_code'),
  ].some((key) => Object.keys(allowedAttributes({ [key]: 1 })).length === 1);

interface DataSource {
  readonly uid: string;
  readonly url: string;
  readonly jsonData: { readonly timeInterval?: string };
}

const dataSources = async () =>
  (await readYaml<{ datasources: readonly DataSource[] }>('telemetry/grafana/provisioning/datasources/passthru.yml')).datasources;

/** How often a server without a configuration of its own sends its metrics within these milliseconds. */
const exportsWithin = async (spanMs: number): Promise<number> => {
  const intervalMs = (telemetryConfigSchema.properties.export_interval_ms as { default?: number }).default ?? 0;
  vi.useFakeTimers();
  try {
    let sent = 0;
    const deaf = { export: (_: unknown, done: (result: { code: number }) => void) => done({ code: 0 }), forceFlush: async () => undefined };
    const outlet = { ...deaf, shutdown: async () => undefined };
    const metrics = {
      ...outlet,
      export: (...[batch, done]: Parameters<typeof deaf.export>) => void ((sent += 1), deaf.export(batch, done)),
    };
    const { metering, tracing, logging } = createProviders({
      service: 'test',
      version: '0.0.0',
      exporters: { spans: outlet, logs: outlet, metrics, probe: async () => undefined, abandon: () => undefined },
      producer: createMeasures({ scope: { name: 'test', version: '0.0.0' }, now: () => 0 }).producer,
      intervalMs,
      onLost: () => expect.fail('nothing is sent that could be lost'),
    });
    metering?.getMeter('test').createCounter('test').add(1);
    await vi.advanceTimersByTimeAsync(spanMs);
    const within = sent;
    await Promise.all([metering?.shutdown(), tracing?.shutdown(), logging?.shutdown()]);
    return within;
  } finally {
    vi.useRealTimers();
  }
};

describe('Dashboards', () => {
  it('ask for rates over what is sent: the step of Prometheus is no shorter than the pause between exports', async () => {
    const step = (await dataSources()).find(({ uid }) => uid === 'prometheus')?.jsonData.timeInterval ?? '';
    expect(step).toMatch(/^\d+s$/);
    // $__rate_interval is four steps: a rate wants two points in it.
    expect(await exportsWithin(parseInt(step, 10) * 10_000)).toBeGreaterThanOrEqual(10);
    expect(JSON.stringify(await queries())).toContain('$__rate_interval');
  });

  it('ask only the data sources that are provisioned', async () => {
    const datasources = await dataSources();
    expect(new Set((await queries()).map(({ datasource }) => datasource.uid))).toEqual(new Set(datasources.map(({ uid }) => uid)));
    // They run in the same container; nothing is asked beyond it.
    expect(datasources.map(({ url }) => new URL(url).hostname)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
  });

  it('ask only for metrics that our servers measure', async () => {
    const known = await measured();
    expect(known).toEqual(expect.arrayContaining(['http_server_request_duration_seconds', 'passthru_identity_events_total']));
    const asked = (await queries()).flatMap(({ expr = '', datasource }) =>
      datasource.uid === 'prometheus'
        ? [...expr.matchAll(/([a-z_]+)\{/g)].map(([, name = '']) => name.replace(/_(bucket|count|sum)$/, ''))
        : [],
    );
    expect(asked.length).toBeGreaterThan(10);
    expect([...new Set(asked)].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('ask only for attributes that may leave our servers', async () => {
    const labels = (await queries()).flatMap(({ expr }) => labelsOf(expr ?? ''));
    const fields = (await queries()).flatMap(({ query }) => [...(query ?? '').matchAll(/span\.([\w.]+)/g)].map(([, field = '']) => field));
    expect(labels).toContain('http_response_status_code');
    expect(fields).toContain('db.operation.name');
    expect([...new Set([...labels, ...fields])].filter((name) => !isEmitted(name))).toEqual([]);
    expect(isEmitted('password')).toBe(false);
  });

  it('have ids of their own, for dashboards and panels alike', async () => {
    const all = await dashboards();
    expect(all.map(({ uid, title }) => [uid, title])).toEqual([
      ['passthru-identity', 'Identity'],
      ['passthru-kms', 'KMS'],
    ]);
    for (const { panels } of all) expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

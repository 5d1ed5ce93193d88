import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ServiceName } from '#engine/engine.ts';
import { DEMO_MOUNTS } from '#engine/files/mounts/mount-table.ts';
import { stackOverlays } from '#engine/files/mounts/stack-overlays.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import { SERVER_OPTIONS, SERVER_VARIABLES } from '#infra/process/server-options.ts';
import { loadKmsConfig } from '#kms/config.ts';
import { type ComposeFile, DEPLOYMENTS, readYaml } from '#test/deployments/deployments.ts';
import { ROOT } from '#test/support/engine.ts';
import { PORTS } from '#test/support/mounts.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** The files that containers read at fixed paths, in the order in which commands name them; `stack.yml` is generated. */
const filesOf = (product: 'kms' | 'identity', profile: 'demo' | 'prod', stack: string): readonly string[] => {
  const delivered = (name: string) => join(DEPLOYMENTS, product, 'config', name);
  return [delivered(`${product}.yml`), delivered(`${product}.container.yml`), delivered(`${product}.${profile}.yml`), stack];
};

/** The longest time that a server takes to end after it has drained. */
const STOP_SECONDS = 5;

/** Every absolute path that a configuration speaks of. */
const pathsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return /^\/(run|etc)\//.test(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsIn) : [];
};

/** Where the secrets and configs of a service are mounted, in the files of a profile together. */
const mountedIn = async (service: string, ...files: readonly string[]): Promise<readonly string[]> => {
  const written = await Promise.all(files.map((file) => readYaml<ComposeFile>(file)));
  return written.flatMap(({ services = {} }) => {
    const { secrets = [], configs = [] } = services[service] ?? {};
    return [...secrets.map(({ target }) => `/run/secrets/${target}`), ...configs.map(({ target }) => target)];
  });
};

/** Compose files whose secrets are made by the CLI; what is forwarded, and where to, an operator says. */
const isOurs = (file: string): boolean => /^compose.*\.yml$/.test(file) && file !== 'compose.forward.yml';

describe('Configuration in containers', () => {
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  const stacks = { kms: '', identity: '', partner: '' };
  let kmsOfProd: string;
  beforeAll(async () => {
    folder = await temporaryDirectory();
    const overlays = await stackOverlays({ packageRoot: ROOT, ports: PORTS, partner: true });
    for (const product of ['kms', 'identity'] as const) {
      await mkdir(join(folder.path, product));
      stacks[product] = join(folder.path, product, 'stack.yml');
      await writeFile(stacks[product], overlays[product]);
    }
    stacks.partner = join(folder.path, 'partner.yml');
    await writeFile(stacks.partner, overlays.partner);
    kmsOfProd = join(folder.path, 'stack-of-prod.yml');
    await writeFile(kmsOfProd, (await stackOverlays({ packageRoot: ROOT, ports: PORTS, partner: false })).kms);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it.each(['demo', 'prod'] as const)('of the KMS for %s is valid, and every file that it names is mounted', async (profile) => {
    const config = await loadKmsConfig(filesOf('kms', profile, profile === 'demo' ? stacks.kms : kmsOfProd));
    expect(config.database).toMatchObject({ kind: 'postgres', host: 'kms-postgres', user: 'kms' });
    expect(config.server).toMatchObject({ host: '0.0.0.0', port: 8081, swagger: profile === 'demo' });
    // In prod nothing but a word of the operator makes rows without a tag count.
    expect(config.unseal).toMatchObject({ threshold: 3, adopt_rows: profile === 'demo' });
    expect(config.admin).toMatchObject({ host: profile === 'demo' ? '0.0.0.0' : '127.0.0.1', port: 9081 });
    expect(config.identity.issuers).toMatchObject([
      {
        issuer: `https://localhost:${PORTS.identity}`,
        jwks_uri: 'https://identity:8082/.well-known/jwks.json',
        clock_skew_seconds: 0,
        log_in: {
          redirect_uri: `https://localhost:${PORTS.kms}/ui/swagger/`,
          token_endpoint: `https://localhost:${PORTS.identity}/oauth2/token`,
        },
      },
      ...(profile === 'demo' ? [{ issuer: `https://localhost:${PORTS.partner}`, tenants: ['demo-other'], required: false }] : []),
    ]);
    for (const { tls } of [config.server, config.admin]) expect(tls.client_ca).toBe('/run/secrets/client-ca.pem');
    expect(config.realms_file.endsWith(profile === 'demo' ? 'realms.demo.yml' : 'realms.yml')).toBe(true);
    const more = profile === 'demo' ? ['kms/compose.seed.yml', 'kms/compose.partner.yml'] : ['kms/compose.prod.yml'];
    const mounted = await mountedIn('kms', 'kms/compose.yml', ...more);
    const read = pathsIn(config).toSorted();
    expect(read.filter((path) => !mounted.includes(path))).toEqual([]);
    expect(read).toContain('/run/secrets/kms-unseal-share-3');
    expect(mounted.filter((path) => !read.includes(path))).toEqual(['/etc/passthru/stack.yml']);
  });

  it.each(['demo', 'prod'] as const)('of Identity for %s is valid, and every file that it names is mounted', async (profile) => {
    const config = await loadIdentityConfig(filesOf('identity', profile, stacks.identity));
    expect(config.database).toMatchObject({ kind: 'postgres', host: 'identity-postgres', user: 'identity' });
    expect(config.admin).toMatchObject({ host: profile === 'demo' ? '0.0.0.0' : '127.0.0.1', port: 9082 });
    expect(config.issuer).toBe(`https://localhost:${PORTS.identity}`);
    expect(config.browser_clients).toMatchObject([{ redirect_uris: [`https://localhost:${PORTS.kms}/ui/swagger/`] }]);
    expect(config.admin.tls.client_ca).toBe('/run/secrets/client-ca.pem');
    // None is made at a start: the folder of secrets is read-only.
    expect(config.secrets.signing_key_encryption_file).toBe('/run/secrets/identity-signing-key-encryption');
    const other = profile === 'demo' ? 'identity/compose.seed.yml' : 'identity/compose.prod.yml';
    const mounted = await mountedIn('identity', 'identity/compose.yml', other);
    const read = pathsIn(config).toSorted();
    expect(read.filter((path) => !mounted.includes(path))).toEqual([]);
    expect(mounted.filter((path) => !read.includes(path))).toEqual(['/etc/passthru/stack.yml']);
  });

  it('of the second Identity is valid, every file that it names is mounted, and it is where the KMS looks for it', async () => {
    const config = await loadIdentityConfig([join(DEPLOYMENTS, 'identity', 'config', 'identity.yml'), stacks.partner]);
    const mounted = await mountedIn('partner', 'kms/compose.partner.yml');
    const read = pathsIn(config).toSorted();
    expect(read.filter((path) => !mounted.includes(path))).toEqual([]);
    expect(mounted.filter((path) => !read.includes(path))).toEqual(['/etc/passthru/partner.yml']);
    const { services = {} } = await readYaml<{ services?: Record<string, { networks?: Record<string, { aliases?: string[] }> }> }>(
      'kms/compose.partner.yml',
    );
    const [, partner] = (await loadKmsConfig(filesOf('kms', 'demo', stacks.kms))).identity.issuers;
    expect(services['partner']?.networks?.['identity-network']?.aliases).toEqual([new URL(partner?.jwks_uri ?? '').hostname]);
    expect(Number(new URL(partner?.jwks_uri ?? '').port)).toBe(config.server.port);
  });

  it.each([
    ['kms', loadKmsConfig],
    ['identity', loadIdentityConfig],
  ] as const)('of %s allows no demo in prod: --demo and --reset-demo are refused', async (product, load) => {
    expect((await load(filesOf(product, 'prod', stacks[product]))).demo.allowed).toBe(false);
    expect((await load(filesOf(product, 'demo', stacks[product]))).demo.allowed).toBe(true);
  });

  it.each([
    ['kms', loadKmsConfig],
    ['identity', loadIdentityConfig],
  ] as const)('of %s tells strangers nothing of an outage in prod, and continues no trace of theirs', async (product, load) => {
    const [prod, demo] = [await load(filesOf(product, 'prod', stacks[product])), await load(filesOf(product, 'demo', stacks[product]))];
    expect([prod.errors.detail, prod.server.trace_networks]).toEqual(['minimal', []]);
    expect([demo.errors.detail, demo.server.trace_networks]).toEqual(['detailed', ['0.0.0.0/0', '::/0']]);
  });

  it.each([
    ['kms', loadKmsConfig],
    ['identity', loadIdentityConfig],
  ] as const)('of %s drains in prod, for longer than the balancer needs and shorter than the container may take', async (product, load) => {
    const { drain_seconds: seconds } = (await load(filesOf(product, 'prod', stacks[product]))).server;
    const { services = {} } = await readYaml<ComposeFile>(`${product}/compose.prod.yml`);
    const balancer = await readFile(join(DEPLOYMENTS, 'balancer', 'haproxy.cfg'), 'utf8');
    const [, usual, fast, falls] = /inter (\d+)s fastinter (\d+)ms fall (\d+)/.exec(balancer) ?? [];
    const [, checked] = /timeout check (\d+)s/.exec(balancer) ?? [];
    // Each check may take as long as it is allowed to.
    const needed = Number(usual) + ((Number(falls) - 1) * Number(fast)) / 1000 + Number(falls) * Number(checked);
    expect(seconds).toBeGreaterThan(needed);
    expect(seconds + STOP_SECONDS).toBeLessThan(Number.parseInt(services[product]?.stop_grace_period ?? '', 10));
    expect((await load(filesOf(product, 'demo', stacks[product]))).server.drain_seconds).toBe(0);
  });

  it.each([
    ['kms', loadKmsConfig],
    ['identity', loadIdentityConfig],
  ] as const)(
    'of %s believes in prod the network of its balancer, on which nobody else is, and the balancer names clients',
    async (product, load) => {
      const { proxy_networks: believed } = (await load(filesOf(product, 'prod', stacks[product]))).server;
      const { services = {}, networks = {} } = await readYaml<EdgeFile>(`${product}/compose.prod.yml`);
      const edge = `${product}-edge-network`;
      expect(networks[edge]?.ipam?.config.map(({ subnet }) => subnet.replace(/^\$\{\w+:-(.*)\}$/, '$1'))).toEqual(believed);
      const on = Object.entries(services).flatMap(([name, service]) => (service.networks?.includes(edge) === true ? [name] : []));
      expect(on.toSorted()).toEqual([product, `${product}-balancer`]);
      const balancer = await readFile(join(DEPLOYMENTS, 'balancer', 'haproxy.cfg'), 'utf8');
      expect(balancer).toMatch(/^ {2}default-server send-proxy-v2 check-send-proxy /m);
      expect((await load(filesOf(product, 'demo', stacks[product]))).server.proxy_networks).toEqual([]);
    },
  );

  it.each([
    ['kms', loadKmsConfig],
    ['identity', loadIdentityConfig],
  ] as const)('of %s refuses, in prod, a Node in which a signal opens a debugger, and the image starts none', async (product, load) => {
    expect((await load(filesOf(product, 'prod', stacks[product]))).server.signal_debugger).toBe('refuse');
    expect((await load(filesOf(product, 'demo', stacks[product]))).server.signal_debugger).toBe('warn');
    const dockerfile = await readFile(join(DEPLOYMENTS, product, 'Dockerfile'), 'utf8');
    const [, command = '[]'] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(command)).toEqual(['node', ...SERVER_OPTIONS, '/app/bin/passthru.js']);
    const variables = dockerfile.match(/(?<=^ENV ).*/gm)?.at(-1) ?? '';
    expect(variables.split(' ')).toEqual(expect.arrayContaining(Object.entries(SERVER_VARIABLES).map((each) => each.join('='))));
  });

  it.each(['telemetry', 'identity', 'kms'] as const)(
    'mounts of %s exactly the files that are prepared for it',
    async (product: ServiceName) => {
      const files = (await readdir(join(DEPLOYMENTS, product))).filter((file) => isOurs(file));
      const sources = await Promise.all(
        files.map(async (file) => {
          const { secrets = {}, configs = {} } = await readYaml<ComposeFile>(join(product, file));
          return [...Object.values(secrets), ...Object.values(configs)].map((source) => source.file);
        }),
      );
      const prepared = sources.flat().flatMap((path) => /\/secrets\/(.+)$/.exec(path)?.slice(1) ?? []);
      expect([...new Set(prepared)].toSorted()).toEqual(DEMO_MOUNTS[product].map(({ name }) => name).toSorted());
    },
  );
});

interface EdgeFile {
  readonly services?: Readonly<Record<string, { readonly networks?: readonly string[] }>>;
  readonly networks?: Readonly<Record<string, { readonly ipam?: { readonly config: readonly { readonly subnet: string }[] } }>>;
}

interface Collector {
  readonly extensions: { readonly health_check: { readonly path: string; readonly tls: Tls } };
  readonly receivers: {
    readonly otlp: { readonly protocols: Readonly<Record<string, { readonly tls?: Tls; readonly endpoint: string }>> };
  };
  readonly processors: { readonly memory_limiter: { readonly limit_mib: number } };
  readonly exporters: Readonly<
    Record<
      string,
      {
        readonly path?: string;
        readonly rotation?: { readonly max_megabytes: string; readonly max_backups: number };
        readonly endpoint?: string;
        readonly tls?: Record<string, unknown>;
      }
    >
  >;
  readonly service: {
    readonly pipelines: Readonly<Record<string, { readonly exporters: readonly string[] }>>;
    readonly telemetry: unknown;
  };
}

type Tls = Readonly<Record<'cert_file' | 'key_file' | 'client_ca_file' | 'min_version', string>>;

describe('Configuration of the collector', () => {
  const read = async <T>(file: string): Promise<T> => parse(await readFile(join(DEPLOYMENTS, 'telemetry', file), 'utf8')) as T;

  it('takes nothing without TLS 1.3 and a client certificate, its health included', async () => {
    const { extensions, receivers } = await read<Collector>('config/collector.yml');
    const grafana = await read<Collector>('grafana/otlp.yml');
    expect(Object.keys(receivers.otlp.protocols)).toEqual(['http']);
    const takers = [extensions.health_check, receivers.otlp.protocols['http'], grafana.receivers.otlp.protocols['http']];
    for (const taker of takers) {
      expect(taker?.tls).toMatchObject({ client_ca_file: '/run/secrets/client-ca.pem', min_version: '1.3' });
    }
    // The image of Grafana opens other ports beside it, which nobody reaches from outside of its container.
    expect(grafana.receivers.otlp.protocols['grpc']?.endpoint).toBe('127.0.0.1:4317');
  });

  it('keeps what is behind Grafana on the loopback of its container, and lets nothing report home', async () => {
    const { services = {} } = await readYaml<ComposeFile>('telemetry/compose.yml');
    const { environment = {} } = services['grafana'] ?? {};
    const flagsOf = (part: string) => environment[`${part}_EXTRA_ARGS`]?.split(' ') ?? [];
    expect(flagsOf('PROMETHEUS')).toEqual(['--web.listen-address=127.0.0.1:9090']);
    for (const [part, silent] of [
      ['LOKI', '-reporting.enabled=false'],
      ['TEMPO', '-reporting.enabled=false'],
      ['PYROSCOPE', '-usage-stats.enabled=false'],
    ] as const) {
      const flags = [silent, '-server.http-listen-address=127.0.0.1', '-server.grpc-listen-address=127.0.0.1'];
      expect([part, flagsOf(part)]).toEqual([part, flags]);
    }
    expect(environment).toMatchObject({ GF_ANALYTICS_REPORTING_ENABLED: 'false', GF_PLUGINS_PREINSTALL_DISABLED: 'true' });
  });

  it('writes each signal into a file on its volume and nothing of it into its log, and serves no metrics of its own over plain HTTP', async () => {
    const { exporters, service } = await read<Collector>('config/collector.yml');
    for (const signal of ['traces', 'metrics', 'logs']) {
      expect(exporters[`file/${signal}`]?.path).toBe(`/var/lib/otel/${signal}.jsonl`);
      expect(service.pipelines[signal]?.exporters).toEqual([`file/${signal}`]);
    }
    expect(service.telemetry).toMatchObject({ metrics: { level: 'none' } });
  });

  it('refuses what it has no room for before its container is killed, health checks included', async () => {
    const { processors } = await read<Collector>('config/collector.yml');
    const { services = {} } = await readYaml<ComposeFile>('telemetry/compose.prod.yml');
    const { environment = {}, deploy } = services['telemetry'] ?? {};
    const mebibytes = (text: unknown) => Number(/^(\d+)Mi?B?$/.exec(String(text))?.[1]);
    const container = mebibytes(deploy?.resources?.limits?.['memory']);
    const [limiter, heap] = [processors.memory_limiter.limit_mib, mebibytes(environment['GOMEMLIMIT'])];
    expect(limiter).toBeLessThan(heap);
    // A Node that asks for health takes some 60 MB.
    expect(heap).toBeLessThanOrEqual(container - 80);
  });

  it('turns its files over before they fill the memory of ci', async () => {
    const { exporters } = await read<Collector>('config/collector.yml');
    const ci = await readYaml<ComposeFile>('telemetry/compose.ci.yml');
    const megabytes = Number(ci.services?.['telemetry']?.environment?.['PASSTHRU_TELEMETRY_FILE_MB']);
    const files = ['traces', 'metrics', 'logs'].map((signal) => exporters[`file/${signal}`]?.rotation);
    for (const rotation of files) expect(rotation?.max_megabytes).toBe('${env:PASSTHRU_TELEMETRY_FILE_MB:-64}');
    // Files that are too old are removed after the next one was begun.
    const most = files.reduce((sum, rotation) => sum + megabytes * ((rotation?.max_backups ?? Infinity) + 2), 0);
    const room = /size=(\d+)m/.exec(JSON.stringify(ci.volumes?.['telemetry-memory']))?.[1];
    expect(most).toBeLessThanOrEqual(Number(room));
  });

  it('sends to Grafana over verified TLS only, and keeps its files then', async () => {
    const { exporters, service } = await read<Collector>('config/grafana.yml');
    expect(exporters['otlp_http/grafana']).toMatchObject({
      endpoint: 'https://grafana:4318',
      tls: { ca_file: '/run/secrets/ca.pem', min_version: '1.3' },
    });
    expect(exporters['otlp_http/grafana']?.tls).not.toHaveProperty('insecure_skip_verify');
    for (const [signal, { exporters: to }] of Object.entries(service.pipelines))
      expect(to).toEqual([`file/${signal}`, 'otlp_http/grafana']);
  });
});

describe('Configuration of PostgreSQL', () => {
  const rules = async (product: string, file: string) =>
    (await readFile(join(DEPLOYMENTS, product, 'postgres', file), 'utf8'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(/\s+/));

  it.each(['kms', 'identity'])('of %s lets in one role and the health check, each by its client certificate', async (product) => {
    expect(await rules(product, 'pg_hba.conf')).toEqual([
      ['local', 'all', 'postgres', 'peer'],
      ['hostssl', product, product, 'all', 'cert', 'map=passthru'],
      ['hostssl', product, 'passthru_health', 'all', 'cert', 'map=passthru'],
    ]);
    expect(await rules(product, 'pg_ident.conf')).toEqual([
      ['passthru', `passthru-${product}`, product],
      ['passthru', 'passthru-health', 'passthru_health'],
    ]);
    const { services = {} } = await readYaml<ComposeFile>(`${product}/compose.yml`);
    const settings = services[`${product}-postgres`]?.command ?? [];
    expect(settings).toEqual(
      expect.arrayContaining(['ssl=on', 'ssl_min_protocol_version=TLSv1.3', 'ssl_ca_file=/run/secrets/client-ca.pem']),
    );
  });
});

describe('Configuration of the balancers', () => {
  /** As a balancer of this product reads the file that both share. */
  const configOf = async (product: string): Promise<string> => {
    const { services = {}, configs = {} } = await readYaml<ComposeFile>(`${product}/compose.prod.yml`);
    const environment = services[`${product}-balancer`]?.environment ?? {};
    const text = await readFile(join(DEPLOYMENTS, product, configs[`${product}-balancer`]?.file ?? ''), 'utf8');
    return text.replaceAll(/"([^"]*)"/g, (_, quoted: string) =>
      quoted.replaceAll(/\$\{(\w+)\}/g, (variable, name: string) => environment[name] ?? variable),
    );
  };

  it.each([
    ['kms', 8081],
    ['identity', 8082],
  ])('of %s passes TLS through at %i and verifies whom it asks for readiness', async (product, port) => {
    const text = await configOf(product);
    expect(text).not.toContain('${');
    expect(text).toMatch(/^defaults\n {2}mode tcp$/m);
    expect(text).not.toMatch(/\bbind\b.*\bssl\b|verify none/);
    expect(text).toContain(`  bind :${port}\n`);
    expect(text).toContain(`  server-template ${product} 1-16 ${product}:${port}\n`);
    expect(text).toMatch(new RegExp(`check-ssl check-sni ${product} verify required verifyhost ${product} ca-file /run/secrets/ca.pem`));
    expect(text).toContain('ssl-default-server-options ssl-min-ver TLSv1.3');
    // The only listener of plain HTTP is the loopback of its own container.
    expect(text.match(/mode http\n {2}bind (\S+)/)?.[1]).toBe('127.0.0.1:8404');
  });
});

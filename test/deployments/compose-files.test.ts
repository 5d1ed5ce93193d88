import { describe, expect, it } from 'vitest';
import {
  COMBINATIONS,
  composeConfig,
  type ComposeFile,
  type ComposeFileService,
  flawsOf,
  networksOf,
  readYaml,
  stackConfig,
} from '#test/deployments/deployments.ts';
import { CONTAINER_USER } from '#engine/files/prod/container-file.ts';
import { dockerEngine } from '#test/support/docker.ts';

/** Files that say what a service is; all others are laid over one of them. */
const DEFINITIONS = {
  'telemetry/compose.prod.yml': ['telemetry'],
  'telemetry/compose.yml': ['grafana'],
  'identity/compose.yml': ['identity', 'identity-postgres'],
  'kms/compose.yml': ['kms', 'kms-postgres'],
  'identity/compose.prod.yml': ['identity-balancer'],
  'kms/compose.prod.yml': ['kms-balancer'],
  'kms/compose.partner.yml': ['partner'],
} as const;

const OVERRIDES = [
  'telemetry/compose.local.yml',
  'telemetry/compose.ci.yml',
  'telemetry/compose.forward.yml',
  'identity/compose.seed.yml',
  'identity/compose.ci.yml',
  'identity/compose.prod.yml',
  'kms/compose.seed.yml',
  'kms/compose.partner.yml',
  'kms/compose.ci.yml',
  'kms/compose.prod.yml',
] as const;

/** The base of a server leaves it to the profile what its health is. */
const HEALTH_BY_PROFILE = ['identity', 'kms'];

/** In production; nothing but a balancer is on a network that leads out. */
const WHERE_IN_PROD: Readonly<Record<string, readonly string[]>> = {
  telemetry: ['telemetry-network'],
  identity: ['identity-database-network', 'identity-edge-network', 'identity-network', 'telemetry-network'],
  'identity-postgres': ['identity-database-network'],
  'identity-balancer': ['identity-edge-network', 'identity-public-network'],
  kms: ['identity-network', 'kms-database-network', 'kms-edge-network', 'telemetry-network'],
  'kms-postgres': ['kms-database-network'],
  'kms-balancer': ['kms-edge-network', 'kms-public-network'],
};

/** On one machine, what is published is on a network that leads out. */
const WHERE: Readonly<Record<string, readonly string[]>> = {
  telemetry: ['local-network', 'telemetry-network'],
  grafana: ['local-network', 'telemetry-network'],
  identity: ['identity-database-network', 'identity-network', 'local-network', 'telemetry-network'],
  'identity-postgres': ['identity-database-network'],
  kms: ['identity-network', 'kms-database-network', 'local-network', 'telemetry-network'],
  partner: ['identity-network', 'local-network'],
  'kms-postgres': ['kms-database-network'],
};

const LEADS_OUT = ['local-network', 'identity-public-network', 'kms-public-network'];

const serviceIn = (file: ComposeFile, name: string): ComposeFileService => {
  const service = file.services?.[name];
  if (service === undefined || service === null) throw new TypeError(`the file says nothing of ${name}`);
  return service;
};

describe('Compose files as they are written', () => {
  it.each(Object.entries(DEFINITIONS))('%s closes its services', async (file, names) => {
    const written = await readYaml<ComposeFile>(file);
    for (const name of names) {
      const flaws = flawsOf({
        ...serviceIn(written, name),
        image: serviceIn(written, name).image?.replaceAll(/\$\{[^}]*:-(.*?)\}/g, '$1') ?? '',
      });
      const forgiven = HEALTH_BY_PROFILE.includes(name) ? flaws.filter((flaw) => !flaw.includes('health check')) : flaws;
      expect({ name, flaws: forgiven }).toEqual({ name, flaws: [] });
    }
  });

  it.each(OVERRIDES)('%s opens nothing of what it is laid over', async (file) => {
    const closed = [
      'user',
      'read_only',
      'privileged',
      'cap_add',
      'cap_drop',
      'security_opt',
      'network_mode',
      'pid',
      'ipc',
      'devices',
      'image',
    ];
    for (const [name, service] of Object.entries((await readYaml<ComposeFile>(file)).services ?? {})) {
      // These are defined there.
      if (name.endsWith('-balancer') || name === 'partner') continue;
      const said = Object.keys(service ?? {}).filter((key) => closed.includes(key));
      // A demo has PostgreSQL with its databases made.
      const isReady = name.endsWith('-postgres') && service?.image === 'passthru-postgres:${PASSTHRU_TAG:-0.1.0}';
      expect({ name, said }).toEqual({ name, said: isReady ? ['image'] : [] });
    }
  });

  it.each(['telemetry/compose.prod.yml', 'identity/compose.yml', 'kms/compose.yml'])(
    '%s runs our image as its user, by number',
    async (file) => {
      const ours = Object.values((await readYaml<ComposeFile>(file)).services ?? {}).filter((each) => each?.image?.startsWith('passthru-'));
      expect(ours.map((each) => each?.user)).toEqual([`${CONTAINER_USER}:${CONTAINER_USER}`]);
    },
  );

  it('finds what is wrong with a service that is open', () => {
    const open: ComposeFileService = {
      image: 'postgres',
      cap_add: ['SYS_ADMIN'],
      network_mode: 'host',
      ports: ['8081:8081'],
      environment: { POSTGRES_PASSWORD: 'swordfish' },
    };
    expect(flawsOf(open)).toHaveLength(13);
    expect(flawsOf({ ...open, ports: [{ host_ip: '0.0.0.0', mode: 'ingress', target: 1 }], user: '0:0', image: 'a:latest' })).toHaveLength(
      13,
    );
  });

  it.each([
    ['telemetry', ['telemetry/compose.prod.yml', 'telemetry/compose.yml']],
    ['identity', ['identity/compose.yml', 'identity/compose.seed.yml', 'identity/compose.prod.yml']],
    ['kms', ['kms/compose.yml', 'kms/compose.seed.yml', 'kms/compose.partner.yml', 'kms/compose.prod.yml']],
  ])('%s takes every secret from its own folder, and names none that another product names', async (product, files) => {
    for (const file of files) {
      const { secrets = {}, configs = {} } = await readYaml<ComposeFile>(file);
      for (const [name, { file: path }] of [...Object.entries(secrets), ...Object.entries(configs)]) {
        if (name.startsWith('build-')) continue;
        expect({ name, startsWith: name.startsWith(`${product}-`) }).toEqual({ name, startsWith: true });
        expect(path).toMatch(new RegExp(`^(\\$\\{PASSTHRU_MOUNTS[^}]*\\}/${product}/secrets|\\.\\./(${product}|balancer))/`));
      }
    }
  });
});

describe.runIf(await dockerEngine())('Compose files as Compose reads them', () => {
  it.each(Object.entries(COMBINATIONS))('%s: closed services, each on the networks that it needs', async (name, files) => {
    const { services = {}, networks = {} } = await composeConfig(files);
    const isPublished = name.endsWith('published telemetry');
    const { telemetry = [], grafana = [] } = WHERE;
    const where = name.startsWith('prod') ? { ...WHERE_IN_PROD, ...(isPublished ? { telemetry, grafana } : {}) } : WHERE;
    for (const [each, service] of Object.entries(services)) {
      expect({ each, flaws: flawsOf(service ?? {}) }).toEqual({ each, flaws: [] });
      expect({ each, networks: networksOf(service ?? {}) }).toEqual({ each, networks: where[each] });
    }
    for (const [network, said] of Object.entries(networks))
      expect({ network, internal: said?.internal ?? false }).toEqual({ network, internal: !LEADS_OUT.includes(network) });
  });

  it('joins no list twice, in whatever order the files come', async () => {
    const one = await composeConfig(COMBINATIONS['KMS with telemetry'] ?? []);
    const { services: all, ...rest } = await composeConfig(COMBINATIONS['all three'] ?? []);
    expect({ services: all, ...rest }).toEqual(one);
    expect(await composeConfig(COMBINATIONS['all three in another order'] ?? [])).toEqual(one);
  });

  it('keeps no data of ci in a volume that outlives it on the disk', async () => {
    const { services = {} } = await composeConfig(COMBINATIONS['ci of all'] ?? []);
    const named = Object.values(services).flatMap((service) =>
      (service?.volumes ?? []).filter((volume) => typeof volume !== 'string' && volume.type === 'volume'),
    );
    expect(named.map((volume) => (typeof volume === 'string' ? volume : volume.source)).toSorted()).toEqual([
      'identity-postgres-run',
      'kms-postgres-run',
      'telemetry-memory',
    ]);
  });

  it('publishes other ports where it is told to', async () => {
    const { services = {} } = await composeConfig(COMBINATIONS['all three'] ?? [], {
      PASSTHRU_PORT_KMS: '12345',
      PASSTHRU_PORT_OTLP: '12346',
    });
    expect(services['kms']?.ports).toContainEqual(expect.objectContaining({ host_ip: '127.0.0.1', published: '12345', target: 8081 }));
    expect(services['telemetry']?.ports).toContainEqual(expect.objectContaining({ published: '12346', target: 4318 }));
  });

  it('seeds nothing and shows no Swagger UI in prod', async () => {
    const { services = {} } = await composeConfig(COMBINATIONS['prod of all'] ?? []);
    for (const name of ['kms', 'identity']) {
      const command = services[name]?.command ?? [];
      expect(command).toContain(`--config=deployments/${name}/config/${name}.prod.yml`);
      expect(command.filter((word) => /demo/.test(word))).toEqual([]);
    }
  });

  it('refuses prod without a folder of secrets, and says what is missing', async () => {
    await expect(composeConfig(COMBINATIONS['prod of all'] ?? [], { PASSTHRU_MOUNTS: '' })).rejects.toThrow(
      /PASSTHRU_MOUNTS is missing a value: must name the folder with the secrets/,
    );
  });

  it('takes the number of replicas in prod from one variable each, with Compose and in a swarm, and replaces the old ones last', async () => {
    for (const read of [composeConfig, stackConfig]) {
      const { services = {} } = await read(COMBINATIONS['prod of all'] ?? [], { PASSTHRU_REPLICAS_KMS: '5' });
      for (const [name, replicas] of [
        ['kms', 5],
        ['identity', 2],
      ] as const) {
        const one = { parallelism: 1, order: 'start-first' };
        expect(services[name]?.deploy).toMatchObject({ replicas, update_config: one, rollback_config: one });
      }
    }
  });

  it('gives a swarm the same stack: one health check a service, addresses instead of virtual ones', async () => {
    const { services = {} } = await stackConfig(COMBINATIONS['prod of all'] ?? []);
    const inCompose = (await composeConfig(COMBINATIONS['prod of all'] ?? [])).services ?? {};
    expect(Object.keys(services).toSorted()).toEqual(Object.keys(inCompose).toSorted());
    for (const [name, service] of Object.entries(services)) {
      expect({ name, test: service?.healthcheck?.test }).toEqual({
        name,
        test: inCompose[name]?.healthcheck?.test?.map((word) => word.replaceAll('$$', '$')),
      });
      expect({ name, command: service?.command }).toEqual({ name, command: inCompose[name]?.command ?? undefined });
      expect({ name, networks: networksOf(service ?? {}) }).toEqual({ name, networks: WHERE_IN_PROD[name] });
      expect({ name, flaws: flawsOf(service ?? {}) }).toEqual({ name, flaws: [] });
      if (!name.endsWith('-balancer')) expect(service?.deploy).toMatchObject({ endpoint_mode: 'dnsrr' });
    }
  });
});

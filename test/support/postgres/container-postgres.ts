import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { engineProblem, imageProblem } from '#test/support/docker.ts';
import { ownerLabels, settleReaper } from './reaper.ts';
import type { PostgresProvider, RunningPostgres } from './running-postgres.ts';
import { runtimeClient } from './runtime.ts';
import { reservePorts } from '#test/support/ports.ts';
import { accessRules, createWorkspace, initArguments, LOOPBACK, serverArguments, type Workspace } from './workspace.ts';

/** The image of the deployments. */
export const POSTGRES_IMAGE = 'postgres:17-trixie';
const PORT = 5432;
const START_LIMIT_MS = 60_000;
/** Where the files are copied to, and where the server reads its own copies. */
const [GIVEN, OWN] = ['/passthru', '/tmp/passthru'];
/** A folder that the image does not have: over one that it has, a tmpfs would be root's. */
const IN_MEMORY = '/memory';
const OWN_TLS = { ca: `${OWN}/ca.pem`, cert: `${OWN}/server.pem`, key: `${OWN}/server.key` };

/**
 * The number of the user `postgres` differs from image to image and the key must be its own and closed, so the server's user
 * copies what it was given. The image's own entry point would want a password, and a socket that anybody may use.
 */
const ENTRY_POINT = `set -eu
umask 077
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  cp -r ${GIVEN} ${OWN}
  initdb ${initArguments('"$PGDATA"').join(' ')}
  cp ${OWN}/pg_hba.conf "$PGDATA/pg_hba.conf"
fi
exec postgres -D "$PGDATA" "$@"`;

/** Published at one address; Testcontainers would publish at every address of the machine. */
class PublishedAt extends GenericContainer {
  readonly #address: string;

  constructor(image: string, address: string) {
    super(image);
    this.#address = address;
  }

  protected override beforeContainerCreated = async (): Promise<void> => {
    const published = Object.values(this.hostConfig.PortBindings as Record<string, { HostIp?: string }[]>).flat();
    for (const binding of published) binding.HostIp = this.#address;
  };
}

/** True for an address of this machine. The engine may run on another machine, and then only that one knows its addresses. */
const isOwn = (host: string): boolean =>
  Object.values(networkInterfaces())
    .flat()
    .some((entry) => entry?.address === host);

interface Placement {
  readonly workspace: Workspace;
  readonly host: string;
  readonly inMemory: boolean;
}

const startContainer = async ({ workspace, host, inMemory }: Placement, port: number): Promise<StartedTestContainer> => {
  const { server } = workspace;
  const given = { 'ca.pem': server.ca, 'server.pem': server.cert, 'server.key': server.key };
  const files = Object.entries(given).map(async ([name, file]) => ({
    content: await readFile(file, 'utf8'),
    target: `${GIVEN}/${name}`,
    mode: 0o444,
  }));
  const container = new PublishedAt(POSTGRES_IMAGE, isOwn(host) ? host : '');
  if (inMemory) container.withTmpFs({ [IN_MEMORY]: 'rw,size=4g,mode=1777' }).withEnvironment({ PGDATA: `${IN_MEMORY}/data` });
  return container
    .withUser('postgres')
    .withDroppedCapabilities('ALL')
    .withSecurityOpt('no-new-privileges')
    .withLabels(await ownerLabels())
    .withCopyContentToContainer([
      ...(await Promise.all(files)),
      { content: accessRules('all'), target: `${GIVEN}/pg_hba.conf`, mode: 0o444 },
    ])
    .withExposedPorts({ container: PORT, host: port })
    .withEntrypoint(['bash', '-c', ENTRY_POINT, 'postgres'])
    .withCommand([...serverArguments({ listen: '*', port: PORT, tls: OWN_TLS })])
    .withWaitStrategy(Wait.forLogMessage('ready to accept connections').withStartupTimeout(START_LIMIT_MS))
    .start();
};

const startIn = async (placement: Placement): Promise<RunningPostgres> => {
  const { workspace, host } = placement;
  // Docker would give the container another port each time that it starts.
  const { kms: port } = await reservePorts();
  const { config, configFile } = await workspace.publish({ host, port });
  const container = await startContainer(placement, port);
  return {
    config,
    configFile,
    certificateOf: workspace.clientOf,
    crash: async () => {
      const running = (await runtimeClient()).container.getById(container.getId());
      const ended = running.wait({ condition: 'not-running' });
      await running.kill();
      await ended;
    },
    start: () => container.restart(),
    [Symbol.asyncDispose]: async () => {
      await container.stop();
      await workspace.remove();
    },
  };
};

const start = async (inMemory: boolean): Promise<RunningPostgres> => {
  await settleReaper();
  const { host } = (await runtimeClient()).info.containerRuntime;
  const at = host === 'localhost' ? LOOPBACK : host;
  const workspace = await createWorkspace(at);
  try {
    return await startIn({ workspace, host: at, inMemory });
  } catch (error) {
    await workspace.remove();
    throw error;
  }
};

/** The PostgreSQL that the deployments run, in a container of its own. */
export const containerPostgres: PostgresProvider = {
  name: `${POSTGRES_IMAGE} in a container`,
  problem: async () => (await engineProblem()) ?? imageProblem(POSTGRES_IMAGE),
  start: () => start(false),
  startInMemory: () => start(true),
};

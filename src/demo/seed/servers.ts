import type { Engine } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { DemoStateBody } from '#infra/demo-data/demo-data.routes.ts';
import { type DemoTenants, sameTenants } from '#infra/demo-data/demo-tenants.ts';
import { demoDataApi, type DemoDataApi, type DemoServer } from '#client/admin/demo-data.ts';
import { from, type Taken, text } from '#demo/evidence/taken.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';

/** The servers that hold demo data, in the order in which they are reset. */
export const DEMO_SERVERS = ['identity', 'kms'] as const;

/**
 * The servers of the stack that run now, Identity first: they share the tenant ids, so they are reset together. An
 * interruption of the run does not cut their requests off: nobody would know whether the change had happened. Each request
 * has a limit of its own; one for all of them would leave none for the rollback after a slow reset.
 */
export const runningServers = async (engine: Engine, { endpoints, session }: StackAccess): Promise<readonly DemoDataApi[]> => {
  const statuses = await engine.status();
  const running = DEMO_SERVERS.filter((server) => statuses.some(({ service, state }) => service === server && state === 'running'));
  const uninterrupted = new AbortController().signal;
  return Promise.all(
    running.map(async (server) => {
      const options = { certificate: endpoints.client, signal: uninterrupted };
      return demoDataApi({ server, url: endpoints[server].admin, session: await session(options) });
    }),
  );
};

/** A reset without a server must not touch the tenants file: what is stored still has the old ids. */
export const refuseWithoutServers = (servers: readonly DemoDataApi[]): void => {
  if (servers.length > 0) return;
  throw new AppError('nothing-to-reset', 503, 'neither KMS nor Identity runs', { fix: 'Bring the stack up first: `passthru demo all`.' });
};

/**
 * A server that does not run and has data keeps the old tenant ids, so the others must not get new ones without it: the next demo
 * would replace the tenants there, with all their keys. One that was never started is no part of the stack.
 *
 * @throws AppError `server-down`
 */
export const refuseDeadServers = async (engine: Pick<Engine, 'status' | 'holdsData'>): Promise<void> => {
  const statuses = await engine.status();
  const stateOf = (server: DemoServer) => statuses.find(({ service }) => service === server)?.state ?? 'absent';
  const holds = async (server: DemoServer) => stateOf(server) === 'exited' || (await engine.holdsData(server));
  const held = await Promise.all(
    DEMO_SERVERS.map(async (server) => (stateOf(server) !== 'running' && (await holds(server)) ? [server] : [])),
  );
  const dead = held.flat();
  if (dead.length === 0) return;
  // A demo of Identity alone brings back what there was, where no KMS ever was.
  const hasKms = dead.includes('kms') || stateOf('kms') !== 'absent';
  throw new AppError('server-down', 503, `${dead.join(' and ')} does not run, but holds demo data with the same tenant ids`, {
    fix: `Bring it back first: \`passthru demo ${hasKms ? 'all' : 'identity'}\`.`,
  });
};

export interface ServerState extends DemoStateBody {
  /** As it was answered. */
  readonly told: DemoStateBody;
  readonly server: DemoServer;
}

export const statesOf = (servers: readonly DemoDataApi[]): Promise<readonly ServerState[]> =>
  Promise.all(
    servers.map(async (admin) => {
      const told = await admin.state();
      return { server: admin.server, told, ...told };
    }),
  );

/** Tenant ids as one line, in the order of their names. */
export const tenantsLine = (tenants: DemoTenants): string =>
  Object.entries(tenants)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, id]) => `${name} ${id}`)
    .join(', ');

/** The same, as a server told them. */
export const tenantsTold = ({ tenants }: DemoStateBody): Taken =>
  text(
    ...Object.keys(tenants)
      .toSorted((a, b) => a.localeCompare(b))
      .flatMap((name, at) => [at === 0 ? `${name} ` : `, ${name} `, from(tenants).body(`/${name}`)]),
  );

export type Repair = { readonly server: DemoServer; readonly resetId: string; readonly action: 'commit' | 'rollback' };

/**
 * The ends of resets that were interrupted: pure. A server that waits while another has committed the same tenants is committed too;
 * every other pending reset is rolled back.
 */
export const repairsFor = (states: readonly Omit<ServerState, 'told'>[]): readonly Repair[] => {
  const settled = states.filter((state) => state.reset_pending === null);
  return states.flatMap(({ server, tenants, reset_pending: resetId }) =>
    resetId === null
      ? []
      : [
          {
            server,
            resetId,
            action: settled.some((other) => sameTenants(other.tenants, tenants)) ? ('commit' as const) : ('rollback' as const),
          },
        ],
  );
};

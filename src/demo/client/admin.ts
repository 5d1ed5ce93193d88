import type { DemoResetBody, DemoStateBody } from '#infra/demo-data/demo-data.routes.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { expectStatus } from './problem.ts';
import type { Stack } from './stack.ts';

/** The servers that hold demo data. */
export type DemoServer = 'kms' | 'identity';

/** The demo data of one server, over its admin listener with the CLI's client certificate. */
export interface DemoAdmin {
  readonly server: DemoServer;
  state(): Promise<DemoStateBody>;
  /** Puts new demo data beside the old, which is retired but not yet gone. */
  reset(tenants: DemoTenants): Promise<DemoResetBody>;
  /** The old demo data again, the new deleted. */
  rollback(resetId: string): Promise<void>;
  /** The retired demo data deleted. */
  commit(resetId: string): Promise<void>;
}

/** @param signal ends the requests in place of the run's own */
export const demoAdmin = async (
  stack: Pick<Stack, 'endpoints' | 'session'>,
  server: DemoServer,
  signal: AbortSignal,
): Promise<DemoAdmin> => {
  const session = await stack.session({ certificate: 'cli', signal });
  const path = (rest: string): URL => new URL(`/admin/v1/demo${rest}`, stack.endpoints[server].admin);
  const post = async (rest: string, body?: Record<string, unknown>): Promise<HttpsResponse> => {
    const response = await session.request({ method: 'POST', url: path(rest), timeoutMs: 15_000, ...(body === undefined ? {} : { body }) });
    return expectStatus(
      response,
      response.status === 204 ? 204 : 200,
      `${server}: POST /admin/v1/demo${rest.replace(/[0-9a-f-]{36}/, '{id}')}`,
    );
  };
  return {
    server,
    state: async () => expectStatus(await session.get(path('')), 200, `${server}: GET /admin/v1/demo`).json<DemoStateBody>(),
    reset: async (tenants) => (await post('/reset', { tenants })).json(),
    rollback: async (resetId) => void (await post(`/reset/${resetId}/rollback`)),
    commit: async (resetId) => void (await post(`/reset/${resetId}/commit`)),
  };
};

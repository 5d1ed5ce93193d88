import type { DemoResetBody, DemoStateBody } from '#infra/demo-data/demo-data.routes.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { expectStatus } from '../problem.ts';
import type { Session } from '#client/session/session.ts';

/** The servers that hold demo data. */
export type DemoServer = 'kms' | 'identity';

/**
 * The demo data of one server, over its admin listener. A reset has two ends: it stays undecided until a commit or a rollback, also
 * when the caller dies.
 *
 * Every call throws an AppError `unexpected-answer` where the server refuses.
 */
export interface DemoDataApi {
  readonly server: DemoServer;
  state(): Promise<DemoStateBody>;
  /** Adds what is missing of the seed, and leaves the rest. */
  seed(): Promise<DemoStateBody>;
  /** Puts new demo data beside the old, which is retired and not yet gone. */
  reset(tenants: DemoTenants): Promise<DemoResetBody>;
  /** Brings the old demo data back and deletes the new. */
  rollback(resetId: string): Promise<void>;
  /** Deletes the retired demo data. */
  commit(resetId: string): Promise<void>;
}

/** Milliseconds for a change: the KMS makes a database and keys for each tenant. */
const CHANGE_MS = 15_000;

/**
 * @param options.url of the admin listener
 * @param options.session shows the client certificate of an operator
 */
export const demoDataApi = (options: { readonly server: DemoServer; readonly url: string; readonly session: Session }): DemoDataApi => {
  const { server, url, session } = options;
  const pathTo = (rest: string): URL => new URL(`/admin/v1/demo${rest}`, url);
  const post = async (rest: string, body?: Record<string, unknown>): Promise<HttpsResponse> => {
    const request = { method: 'POST', url: pathTo(rest), timeoutMs: CHANGE_MS, ...(body === undefined ? {} : { body }) };
    const response = await session.request(request);
    const named = `${server}: POST /admin/v1/demo${rest.replace(/[0-9a-f-]{36}/, '{id}')}`;
    return expectStatus(response, response.status === 204 ? 204 : 200, named);
  };
  return {
    server,
    state: async () => expectStatus(await session.get(pathTo('')), 200, `${server}: GET /admin/v1/demo`).json<DemoStateBody>(),
    seed: async () => (await post('/seed')).json(),
    reset: async (tenants) => (await post('/reset', { tenants })).json(),
    rollback: async (resetId) => void (await post(`/reset/${resetId}/rollback`)),
    commit: async (resetId) => void (await post(`/reset/${resetId}/commit`)),
  };
};

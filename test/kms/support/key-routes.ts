import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { registerKeyRoutes } from '#kms/keys/keys.routes.ts';
import type { TestKms } from '#test/support/kms-keys.ts';
import type { Pki } from '#test/support/pki.ts';

export const KEYS_PATH = '/service/api/v1/elastic-keys';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  /** Empty where the answer has none. */
  readonly body: Record<string, unknown>;
}

/** @param path of a key and what stands below it, a query, or a whole path */
export type Call = (
  method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  payload?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

interface KeyRoutes extends AsyncDisposable {
  readonly routes: readonly { readonly path: string; readonly scope: string | undefined }[];
  /** As a user of the first tenant. */
  readonly call: Call;
  /** As one of the other. */
  readonly foreign: Call;
}

const clientOf =
  (app: App, tenantId: string): Call =>
  async (method, path, payload, headers = {}) => {
    const answer = await app.inject({
      method,
      url: path.startsWith('/') ? path : `${KEYS_PATH}${/^(\?|$)/.test(path) ? path : `/${path}`}`,
      headers: { 'test-tenant': tenantId, ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(payload === undefined
        ? {}
        : { payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload) }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.payload === '' ? {} : answer.json() };
  };

/** The routes of keys behind a hook that takes the caller from a header, as the guard takes him from the credential. */
export const keyRoutes = async (kms: TestKms, pki: Pki): Promise<KeyRoutes> => {
  const app = await createServer({ name: 'kms', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
  const routes: { path: string; scope: string | undefined }[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    if (method !== 'HEAD') routes.push({ path: `${String(method)} ${url}`, scope: config?.action?.scope ?? config?.scope });
  });
  app.addHook('onRequest', (request, _reply, done) => {
    request.caller = request.headers['test-tenant'] === kms.otherTenantId ? kms.otherCaller : kms.caller;
    done();
  });
  registerKeyRoutes(app, kms);
  await app.ready();
  return {
    routes,
    call: clientOf(app, kms.tenantId),
    foreign: clientOf(app, kms.otherTenantId),
    [Symbol.asyncDispose]: () => app.close(),
  };
};

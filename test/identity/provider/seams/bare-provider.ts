import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AdapterPayload, ClientMetadata, Configuration } from 'oidc-provider';
import { Provider } from 'oidc-provider';
import { vi } from 'vitest';
import { listening } from '#test/support/listening.ts';

export const ISSUER = 'https://issuer.passthru.example';

/** A confidential client for itself and for people; its secret stands in clear, as oidc-provider would have it. */
export const aBareClient = (change: Partial<ClientMetadata> = {}): ClientMetadata => ({
  client_id: 'bare-client',
  client_secret: 'a secret in clear',
  grant_types: ['client_credentials', 'authorization_code'],
  redirect_uris: ['https://client.passthru.example/callback'],
  ...change,
});

export interface BareProvider extends AsyncDisposable {
  readonly provider: Provider;
  readonly port: number;
  /** Payloads as oidc-provider has stored them, those of one model. */
  stored(model: string): readonly AdapterPayload[];
  send(path: string, init?: RequestInit): Promise<Response>;
  /** A form post of the client, by Basic authentication. */
  post(path: string, form: Readonly<Record<string, string>>, secret?: string): Promise<Response>;
}

/** Keeps entities in memory, without end. */
const memory =
  (entities: Map<string, AdapterPayload>): NonNullable<Configuration['adapter']> =>
  (model) => ({
    upsert: async (id, payload) => void entities.set(`${model} ${id}`, payload),
    find: async (id) => entities.get(`${model} ${id}`),
    findByUid: async (uid) => [...entities.values()].find((payload) => payload.uid === uid),
    findByUserCode: async (code) => [...entities.values()].find((payload) => payload.userCode === code),
    consume: async () => {},
    destroy: async (id) => void entities.delete(`${model} ${id}`),
    revokeByGrantId: async () => {},
  });

/**
 * oidc-provider as it comes, behind plain HTTP on the loopback: what a seam bends is looked at here without it, and then with it.
 *
 * @param options.install puts seams in
 * @param options.before changes a request before oidc-provider sees it
 */
export const startBareProvider = async (
  options: {
    readonly client?: ClientMetadata;
    readonly configuration?: Configuration;
    readonly install?: (provider: Provider) => void;
    readonly before?: (request: IncomingMessage) => void;
    /** The request that oidc-provider sees in the place of the one that came. */
    readonly replace?: (request: IncomingMessage) => Promise<IncomingMessage>;
  } = {},
): Promise<BareProvider> => {
  await using stack = new AsyncDisposableStack();
  // It warns of settings that do not matter here.
  for (const method of ['info', 'warn', 'error'] as const)
    stack.adopt(vi.spyOn(console, method).mockReturnValue(), (spy) => spy.mockRestore());
  const client = options.client ?? aBareClient();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { features, ...configuration } = options.configuration ?? {};
  const entities = new Map<string, AdapterPayload>();
  const provider = new Provider(ISSUER, {
    adapter: memory(entities),
    clients: [client],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'bare-key', alg: 'ES256', use: 'sig' }] as never },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      ...(features as object),
    },
    ...configuration,
  });
  options.install?.(provider);
  const answer = provider.callback();
  const { port } = stack.use(
    await listening(
      createServer((request, response) => {
        options.before?.(request);
        if (options.replace === undefined) void answer(request, response);
        else void options.replace(request).then((replaced) => answer(replaced, response));
      }),
    ),
  );
  const send: BareProvider['send'] = (path, init = {}) => fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init });
  const cleanup = stack.move();
  return {
    provider,
    port,
    stored: (model) => [...entities].flatMap(([key, payload]) => (key.startsWith(`${model} `) ? [payload] : [])),
    send,
    post: (path, form, secret = String(client.client_secret)) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: {
          authorization: `Basic ${Buffer.from(`${client.client_id}:${encodeURIComponent(secret)}`).toString('base64')}`,
        },
      }),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
};

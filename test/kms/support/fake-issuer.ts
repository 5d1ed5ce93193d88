import { randomUUIDv7 } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { createServer } from '#infra/http/server/create-server.ts';
import { listen } from '#infra/http/server/listen.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { TlsFiles } from '#infra/tls/config.ts';

export interface TokenOptions {
  /** Claims laid over the good ones; undefined removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Index of the signing key; 0 is published from the start. */
  readonly key?: number;
}

/** An issuer over real TLS whose answers a test decides: keys, introspection, failures; every request is counted. */
export interface FakeIssuer extends AsyncDisposable {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly introspectionEndpoint: string;
  /** The keys of the JWKS now; a test may change them. */
  jwks: unknown;
  /** Status of the JWKS answer. */
  jwksStatus: number;
  introspectionStatus: number;
  /** Token ids that introspection calls inactive. */
  readonly revoked: Set<string>;
  /** What introspection says of tokens that are no JWT, by token. */
  readonly opaque: Map<string, Readonly<Record<string, unknown>>>;
  readonly requests: { jwks: number; introspection: { authorization: string; token: string }[] };
  readonly publicKeys: readonly JWK[];
  token(tenantId: string, options?: TokenOptions): Promise<string>;
  /** Stops answering, as a killed process does. */
  stop(): Promise<void>;
}

const KEYS = 2;

export const fakeIssuer = async (tls: TlsFiles, now: () => number = Date.now): Promise<FakeIssuer> => {
  const app = await createServer({ name: 'issuer', tls, clientCertificate: 'none', telemetry: noTelemetry() });
  const pairs = await Promise.all(Array.from({ length: KEYS }, () => generateKeyPair('ES256', { extractable: true })));
  const publicKeys = await Promise.all(
    pairs.map(async ({ publicKey }): Promise<JWK> => ({ ...(await exportJWK(publicKey)), kid: randomUUIDv7(), alg: 'ES256', use: 'sig' })),
  );
  const requests: FakeIssuer['requests'] = { jwks: 0, introspection: [] };
  const revoked = new Set<string>();
  const opaque = new Map<string, Readonly<Record<string, unknown>>>();

  app.get('/jwks', async (_request, reply) => {
    requests.jwks += 1;
    return reply.code(fake.jwksStatus).header('location', '/elsewhere').send(fake.jwks);
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post('/introspect', async (request, reply) => {
    const token = new URLSearchParams(String(request.body)).get('token') ?? '';
    requests.introspection.push({ authorization: request.headers.authorization ?? '', token });
    const known = opaque.get(token);
    if (known !== undefined) return reply.code(fake.introspectionStatus).send({ active: true, token_type: 'Bearer', ...known });
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
    return reply.code(fake.introspectionStatus).send({ active: !revoked.has(jti) });
  });
  const { port } = await listen(app, { host: '127.0.0.1', port: 0 });
  const issuer = `https://localhost:${port}`;

  const fake: FakeIssuer = {
    issuer,
    jwksUri: `${issuer}/jwks`,
    introspectionEndpoint: `${issuer}/introspect`,
    jwks: { keys: [publicKeys[0]] },
    jwksStatus: 200,
    introspectionStatus: 200,
    revoked,
    opaque,
    requests,
    publicKeys,
    token: async (tenantId, { claims = {}, header = {}, key = 0 } = {}) => {
      const seconds = Math.floor(now() / 1000);
      const payload = {
        iss: issuer,
        aud: KMS_RESOURCE,
        sub: randomUUIDv7(),
        client_id: 'demo-client',
        scope: 'kms:read kms:crypto',
        jti: randomUUIDv7(),
        iat: seconds,
        exp: seconds + 300,
        tenant_id: tenantId,
        roles: ['user'],
        ...claims,
      };
      const pair = pairs[key];
      if (pair === undefined) throw new Error('no such key');
      return new SignJWT(JSON.parse(JSON.stringify(payload)) as Record<string, unknown>)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: publicKeys[key]?.kid ?? '', ...header })
        .sign(pair.privateKey, { crit: Object.fromEntries(((header['crit'] ?? []) as string[]).map((name) => [name, true])) });
    },
    stop: () => app.close(),
    [Symbol.asyncDispose]: () => app.close(),
  };
  return fake;
};

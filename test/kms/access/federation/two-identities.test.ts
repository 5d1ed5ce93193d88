import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf } from '#client/identity/authorization-request.ts';
import { identityApi, type IdentityApi, type OAuthClient } from '#client/identity/identity.ts';
import { type Connections, createConnections } from '#client/session/connections.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';
import { startTestIdentity, type TestIdentity } from '#test/support/identity.ts';
import { reservePorts } from '#test/support/ports.ts';
import { bearer, kmsHouse, type KmsHouse, runKms, type RunningKms } from '#test/kms/support/kms-server.ts';

// Two whole Identities, each with its own keys, root certificate, database and accounts. Both know the same tenants and the same names,
// so that nothing but the authority of the issuer tells their tokens apart. The first speaks for demo-other's neighbours, the second for
// demo-other; the KMS finds both by their metadata.

const KEYS = '/service/api/v1/elastic-keys';
const LOOPBACK_REDIRECT = 'http://127.0.0.1:43117/callback';
const OURS: OAuthClient = { id: 'demo-confidential-client', secret: demoPassword('demo-confidential-client') };
const THEIRS: OAuthClient = { id: 'demo-other-client', secret: demoPassword('demo-other-client') };

let opened: AsyncDisposableStack;
let house: KmsHouse;
let kms: RunningKms;
let first: TestIdentity;
let second: TestIdentity;

const start = async (port: number): Promise<TestIdentity> =>
  opened.use(await startTestIdentity({ issuer: `https://localhost:${port}`, overlay: { server: { port } } }));

beforeAll(async () => {
  opened = new AsyncDisposableStack();
  const ports = await reservePorts();
  [first, second] = await Promise.all([start(ports.identity), start(ports.kms)]);
  house = opened.use(await kmsHouse());
  const { identity } = house.config;
  const [delivered] = identity.issuers;
  if (delivered === undefined) throw new Error('the configuration of the test has an issuer');
  const trust = (of: TestIdentity, tenants: 'others' | string[]) => ({
    ...delivered,
    issuer: of.config.issuer,
    ca: of.tls.caFile,
    discovery: true,
    jwks_uri: undefined,
    tenants,
    revocation: {
      ...delivered.revocation,
      mode: 'every-request' as const,
      introspection_endpoint: undefined,
      client_secret_file: `${of.directory}/kms-secret`,
    },
  });
  identity.issuers = [trust(first, 'others'), trust(second, ['demo-other'])];
  kms = opened.use(await runKms(house));
  const tenants = await kms.tenants();
  for (const { identity: of } of [first, second]) {
    const { resetId } = (await of.demo?.reset(tenants)) ?? { resetId: '' };
    await of.demo?.commit(resetId);
  }
});
afterAll(() => opened.disposeAsync());

/** A new browser at one of them. */
const visit = async (of: TestIdentity): Promise<IdentityApi> => {
  const connections: Connections = opened.use(createConnections({ caFile: of.tls.caFile }));
  return identityApi({ discovery: `${of.config.issuer}/.well-known/openid-configuration`, session: await connections.session() });
};
const tokenOf = async (of: TestIdentity, client: OAuthClient): Promise<string> =>
  (await (await visit(of)).clientCredentials(client, 'kms:read kms:crypto')).access_token;
const answerTo = async (token: string): Promise<string> => {
  const response = await kms.send(KEYS, { headers: bearer(token) });
  return response.status === 200 ? '200' : `${response.status} ${response.json<{ code: string }>().code}`;
};

describe('A KMS with two Identities', () => {
  it('takes the tokens of services from the one that speaks for their tenant, and refuses those of the other', async () => {
    expect(await answerTo(await tokenOf(first, OURS))).toBe('200');
    expect(await answerTo(await tokenOf(second, THEIRS))).toBe('200');
    expect(await answerTo(await tokenOf(first, THEIRS))).toBe('401 token-tenant-foreign');
    expect(await answerTo(await tokenOf(second, OURS))).toBe('401 token-tenant-foreign');
  });

  it.each(['demo-user', 'demo-other-user'])(
    'takes %s, who logs in with a password and PKCE, from the right one alone',
    async (username) => {
      const answers = await Promise.all(
        [first, second].map(async (of) => {
          const identity = await visit(of);
          const request = identity.authorizationRequest({
            clientId: 'demo-public-client',
            redirectUri: LOOPBACK_REDIRECT,
            scope: 'openid kms:read',
          });
          const walked = await identity.logIn(request, { username, password: demoPassword(username) });
          const { access_token: token } = await identity.exchange(
            { id: 'demo-public-client' },
            request,
            codeOf(walked, request, of.config.issuer),
          );
          return answerTo(token);
        }),
      );
      const [right, wrong] = ['200', '401 token-tenant-foreign'];
      expect(answers).toEqual(username === 'demo-user' ? [right, wrong] : [wrong, right]);
    },
  );

  it('knows that they are two: issuer, key and subject of the same client differ where they should', async () => {
    const [one, other] = await Promise.all([tokenOf(first, OURS), tokenOf(second, OURS)]);
    expect([decodeJwt(one).iss, decodeJwt(other).iss]).toEqual([first.config.issuer, second.config.issuer]);
    expect(decodeProtectedHeader(one).kid).not.toBe(decodeProtectedHeader(other).kid);
    expect([one, other].map((token) => decodeJwt(token).sub)).toEqual([OURS.id, OURS.id]);
  });

  it('hears of a revocation from the one that gave the token', async () => {
    const token = await tokenOf(second, THEIRS);
    expect(await answerTo(token)).toBe('200');
    // The first knows a client of this name, too, and has no say in the tokens of the second.
    await (await visit(first)).revoke(THEIRS, token);
    expect(await answerTo(token)).toBe('200');
    await (await visit(second)).revoke(THEIRS, token);
    expect(await answerTo(token)).toBe('401 token-invalid');
  });

  it('is ready with both, each by its name', async () => {
    const { dependencies } = (await kms.send('/readyz')).json<{ dependencies: object }>();
    expect(dependencies).toMatchObject({ identity: { state: 'up' }, 'identity-2': { state: 'up' } });
  });
});

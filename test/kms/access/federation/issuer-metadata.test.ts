import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsRequest } from '#infra/http/client.ts';
import { discoverEndpoints } from '#kms/access/federation/issuer-metadata.ts';

const ISSUER = 'https://issuer.example/realms/acme';
const OPENID = `${ISSUER}/.well-known/openid-configuration`;
const OAUTH = 'https://issuer.example/.well-known/oauth-authorization-server/realms/acme';
const GOOD = { issuer: ISSUER, jwks_uri: `${ISSUER}/certs`, introspection_endpoint: `${ISSUER}/introspect` };

/** An issuer that publishes these documents by address; the test moves the clock. */
const issuerOf = (documents: Record<string, unknown>, stated: { jwksUri?: string; introspectionEndpoint?: string } = {}) => {
  const world = { elapsed: 0, down: false, requests: [] as HttpsRequest[], documents };
  const find = discoverEndpoints({
    issuer: ISSUER,
    stated: { jwksUri: stated.jwksUri, introspectionEndpoint: stated.introspectionEndpoint },
    elapsed: () => world.elapsed,
    client: {
      request: async (request) => {
        world.requests.push(request);
        if (world.down) throw new AppError('connection-refused', 503, 'issuer.example refuses connections');
        const body = world.documents[String(request.url)];
        const status = typeof body === 'number' ? body : body === undefined ? 404 : 200;
        return { status, headers: {}, setCookies: [], text: '', json: <T>() => body as T };
      },
    },
  });
  return { find, world, asked: () => world.requests.map(({ url }) => String(url)) };
};

describe('Discovery', () => {
  it('finds the addresses in the metadata of OpenID Connect, once for all who ask, and asks again after an hour', async () => {
    const { find, world, asked } = issuerOf({ [OPENID]: GOOD });
    const found = await Promise.all(Array.from({ length: 20 }, () => find()));
    expect(found[19]).toEqual({ jwksUri: GOOD.jwks_uri, introspectionEndpoint: GOOD.introspection_endpoint });
    world.elapsed = 3_599_999;
    await find();
    expect(asked()).toEqual([OPENID]);
    world.elapsed = 3_600_000;
    world.documents = { [OPENID]: { ...GOOD, jwks_uri: `${ISSUER}/moved` } };
    expect((await find()).jwksUri).toBe(`${ISSUER}/moved`);
  });

  it('finds them in those of OAuth where there are none of OpenID Connect', async () => {
    const { find, asked } = issuerOf({ [OAUTH]: { issuer: ISSUER, jwks_uri: GOOD.jwks_uri } });
    expect(await find()).toEqual({ jwksUri: GOOD.jwks_uri, introspectionEndpoint: undefined });
    expect(asked()).toEqual([OPENID, OAUTH]);
  });

  it('takes what the configuration states before what the metadata say', async () => {
    const { find } = issuerOf({ [OPENID]: GOOD }, { introspectionEndpoint: 'https://inside.example/introspect' });
    expect(await find()).toEqual({ jwksUri: GOOD.jwks_uri, introspectionEndpoint: 'https://inside.example/introspect' });
  });

  it.each<[string, unknown, string]>([
    ['of another issuer', { ...GOOD, issuer: 'https://evil.example' }, 'discovery-foreign'],
    ['whose issuer has a slash more', { ...GOOD, issuer: `${ISSUER}/` }, 'discovery-foreign'],
    ['whose issuer is in capitals', { ...GOOD, issuer: ISSUER.toUpperCase() }, 'discovery-foreign'],
    ['without issuer', { jwks_uri: GOOD.jwks_uri }, 'discovery-foreign'],
    ['whose keys are behind http', { ...GOOD, jwks_uri: 'http://issuer.example/certs' }, 'discovery-malformed'],
    ['whose keys are behind a user', { ...GOOD, jwks_uri: 'https://a:b@issuer.example/certs' }, 'discovery-malformed'],
    ['whose keys are a file', { ...GOOD, jwks_uri: 'file:///etc/passwd' }, 'discovery-malformed'],
    ['whose introspection is no text', { ...GOOD, introspection_endpoint: 7 }, 'discovery-malformed'],
    ['without keys', { issuer: ISSUER }, 'discovery-incomplete'],
    ['that are a list', [GOOD], 'discovery-malformed'],
    ['that are a redirect', 302, 'discovery-refused'],
    ['that are not there', undefined, 'discovery-absent'],
  ])('refuses metadata %s', async (_, document, code) => {
    const { find } = issuerOf({ [OPENID]: document });
    await expect(find()).rejects.toMatchObject({ code, status: 502 });
  });

  it('goes on with what it knows while the issuer does not answer, and does not ask for every caller', async () => {
    const { find, world, asked } = issuerOf({ [OPENID]: GOOD });
    await find();
    world.elapsed = 3_600_000;
    world.down = true;
    await Promise.all(Array.from({ length: 20 }, () => find()));
    expect((await find()).jwksUri).toBe(GOOD.jwks_uri);
    expect(asked()).toHaveLength(2);
    world.down = false;
    world.elapsed += 900;
    await find();
    expect(asked()).toHaveLength(3);
  });

  it('waits for each document within the time that the keys have', async () => {
    const { find, world } = issuerOf({ [OAUTH]: GOOD });
    await find();
    expect(world.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([500, 500]);
  });
});

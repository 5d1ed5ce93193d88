import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completed } from '#kms/access/schemes.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import { rawRequest } from '#test/support/raw-request.ts';
import { type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const KEYS = '/service/api/v1/elastic-keys';

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse();
  kms = await runKms(house, { demo: false });
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

/** A request by any name: a client of HTTP would compare that with the certificate. */
const named = (host: string) =>
  rawRequest({ port: Number(new URL(kms.url).port), ca: house.ca }, { method: 'GET', path: WELL_KNOWN, headers: { host } });

describe('the metadata of the protected resource', () => {
  it('say for the service, its prefix and every URL below it who gives tokens, with which scopes and proofs', async () => {
    for (const path of ['', '/service/api/v1', `${KEYS}/${randomUUIDv7()}/encrypt`]) {
      const answer = await kms.send(`${WELL_KNOWN}${path}`);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      expect(answer.json()).toEqual({
        resource: `${kms.url}${path}`,
        resource_name: 'passthru KMS',
        authorization_servers: [house.issuer.issuer],
        scopes_supported: expect.arrayContaining(['kms:crypto', 'kms:encrypt', 'kms:tenants:write']) as string[],
        bearer_methods_supported: ['header'],
        dpop_signing_alg_values_supported: ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
        dpop_bound_access_tokens_required: false,
        tls_client_certificate_bound_access_tokens: true,
      });
    }
  });

  it('are found by the challenge, and are of the very URL that was asked for', async () => {
    const path = `${KEYS}/${randomUUIDv7()}`;
    const { headers } = await kms.send(`${path}?limit=1`);
    const [, found] = /resource_metadata="([^"]+)"/.exec(headers['www-authenticate'] ?? '') ?? [];
    expect(found).toBe(`${kms.url}${WELL_KNOWN}${path}`);
    expect((await kms.send(new URL(found ?? '').pathname)).json()).toMatchObject({ resource: `${kms.url}${path}` });
  });

  it('are not there for other paths, and for no name that is none of the certificate', async () => {
    expect((await kms.send(`${WELL_KNOWN}/admin`)).status).toBe(404);
    for (const host of ['kms.attacker.example', 'localhost@kms.attacker.example', 'localhost:1/x'])
      expect([400, 421]).toContain((await named(host)).status);
    expect((await named('127.0.0.1:8081')).json).toMatchObject({ resource: 'https://127.0.0.1:8081' });
  });
});

describe('a challenge', () => {
  it('names the metadata in each scheme of tokens and in no other, and no text of an error changes that', () => {
    const request = { isDpop: false, metadata: 'https://kms.example/metadata' };
    const { missing, invalidToken } = createChallenges('detailed');
    expect(completed(missing().headers['www-authenticate'] ?? '', request).match(/resource_metadata=/g)).toHaveLength(2);
    const told = completed(invalidToken('Bearer realm="passthru-kms", DPoP realm=').headers['www-authenticate'] ?? '', request);
    expect(told.match(/resource_metadata=/g)).toHaveLength(1);
  });
});

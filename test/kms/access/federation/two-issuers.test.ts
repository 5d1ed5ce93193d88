import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectOf } from '#infra/audit/lines.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { exportedAudit } from '#test/kms/support/exported-audit.ts';
import { type FakeIssuer, fakeIssuer } from '#test/kms/support/fake-issuer.ts';
import { bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

// A KMS with two issuers: `one` for the tenant demo, `two` for demo-other. Both are servers of their own with keys of their own.

const KEYS = '/service/api/v1/elastic-keys';

let house: KmsHouse;
let one: FakeIssuer;
let two: FakeIssuer;
let kms: RunningKms;
let ours: string;
let theirs: string;
const clock = { elapsed: 0 };

beforeAll(async () => {
  house = await kmsHouse({ tenants: ['demo'], revocation: 'interval' });
  one = house.issuer;
  two = await fakeIssuer(house.leaf('identity'));
  const [first] = house.config.identity.issuers;
  if (first === undefined) throw new Error('the configuration of the test has an issuer');
  house.config.identity.issuers.push({
    ...first,
    issuer: two.issuer,
    name: 'partner',
    tenants: ['demo-other'],
    required: false,
    jwks_uri: two.jwksUri,
    revocation: { ...first.revocation, introspection_endpoint: two.introspectionEndpoint },
  });
  kms = await runKms(house, { elapsed: () => performance.now() + clock.elapsed });
  const tenants = await kms.tenants();
  ours = tenants['demo'] ?? '';
  theirs = tenants['demo-other'] ?? '';
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await two[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const ask = (token: string): Promise<HttpsResponse> => kms.send(KEYS, { headers: bearer(token) });
const answerTo = async (token: string): Promise<string> => {
  const response = await ask(token);
  return response.status === 200 ? '200' : `${response.status} ${response.json<{ code: string }>().code}`;
};
const exported = async () => (await exportedAudit(kms)).map((line) => objectOf(line) ?? {});
const kidOf = (issuer: FakeIssuer): string => issuer.publicKeys[0]?.kid ?? '';

describe('Each of two issuers', () => {
  it('opens its own tenant and is refused for that of the other, whichever it asks for', async () => {
    expect(await answerTo(await one.token(ours))).toBe('200');
    expect(await answerTo(await two.token(theirs))).toBe('200');
    expect(await answerTo(await one.token(theirs))).toBe('401 token-tenant-foreign');
    expect(await answerTo(await two.token(ours))).toBe('401 token-tenant-foreign');
  });

  it('gets for the tenant of the other what it gets for one that does not exist, with the challenge of a bad token', async () => {
    const [foreign, absent] = await Promise.all([two.token(ours), two.token(randomUUID())].map(async (token) => ask(await token)));
    const told = (response: HttpsResponse | undefined) => ({
      ...response?.json<object>(),
      instance: null,
      request_id: null,
      trace_id: null,
    });
    expect(told(foreign)).toEqual(told(absent));
    expect(foreign?.headers['www-authenticate']).toBe(absent?.headers['www-authenticate']);
    expect(foreign?.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('cannot sign in the name of the other: not with a key id of its own, nor with that of the other', async () => {
    const claims = { iss: one.issuer };
    const forged = await Promise.all([
      two.token(ours, { claims }),
      two.token(ours, { claims, header: { kid: kidOf(one) } }),
      two.token(theirs, { claims, header: { kid: kidOf(one) } }),
    ]);
    for (const token of forged) expect(await answerTo(token)).toBe('401 token-invalid');
    const asked = [...one.requests.introspection, ...two.requests.introspection].map(({ token }) => token);
    expect(asked.filter((token) => forged.includes(token))).toEqual([]);
  });

  it('learns of a new key of its own while strangers ask for keys of the other', async () => {
    clock.elapsed += 5_000;
    const strange = await Promise.all(Array.from({ length: 20 }, () => two.token(theirs, { header: { kid: randomUUIDv7() } })));
    const before = two.requests.jwks;
    await Promise.all(strange.map(ask));
    expect(two.requests.jwks - before).toBeLessThanOrEqual(1);
    one.jwks = { keys: one.publicKeys };
    expect(await answerTo(await one.token(ours, { key: 1 }))).toBe('200');
  });

  it('may publish a key id of the other: each id means a key of its own issuer', async () => {
    two.jwks = { keys: [{ ...two.publicKeys[0], kid: kidOf(one) }] };
    clock.elapsed += 300_000;
    const header = { kid: kidOf(one) };
    expect(await answerTo(await two.token(theirs, { header }))).toBe('200');
    expect(await answerTo(await one.token(ours))).toBe('200');
    expect(await answerTo(await two.token(ours, { header, claims: { iss: one.issuer } }))).toBe('401 token-invalid');
    expect(await answerTo(await one.token(theirs, { claims: { iss: two.issuer } }))).toBe('401 token-invalid');
    two.jwks = { keys: [two.publicKeys[0]] };
    clock.elapsed += 300_000;
    expect(await answerTo(await two.token(theirs))).toBe('200');
  });

  it.each<[string, (issuer: string) => string]>([
    ['a slash more', (issuer) => `${issuer}/`],
    ['capitals', (issuer) => issuer.replace('localhost', 'LOCALHOST')],
    ['the scheme in capitals', (issuer) => issuer.replace('https', 'HTTPS')],
    ['another port', (issuer) => issuer.replace(/\d+$/, '443')],
    ['a zero before the port', (issuer) => issuer.replace(/:(\d+)$/, ':0$1')],
    ['no port', (issuer) => issuer.replace(/:\d+$/, '')],
    ['a path', (issuer) => `${issuer}/realm`],
    ['a dot behind the host', (issuer) => issuer.replace('localhost', 'localhost.')],
    ['a user before the host', (issuer) => issuer.replace('localhost', 'a@localhost')],
    ['a space behind it', (issuer) => `${issuer} `],
    ['another scheme', (issuer) => issuer.replace('https', 'http')],
  ])('is itself exactly as it is written: with %s it is nobody', async (_, spelled) => {
    const before = one.requests.jwks;
    expect(await answerTo(await one.token(ours, { claims: { iss: spelled(one.issuer) } }))).toBe('401 token-invalid');
    expect(one.requests.jwks).toBe(before);
  });

  it('has users of its own: one subject of both is two principals in the audit', async () => {
    const sub = `subject-${randomUUIDv7()}`;
    expect(await answerTo(await one.token(ours, { claims: { sub } }))).toBe('200');
    expect(await answerTo(await two.token(theirs, { claims: { sub } }))).toBe('200');
    const recorded = (await exported()).filter((line) => line['subject'] === sub);
    expect(recorded.map((line) => [line['tenant'], line['issuer']]).toSorted()).toEqual(
      [
        [ours, one.issuer],
        [theirs, two.issuer],
      ].toSorted(),
    );
  });

  it('does not learn of a token of the other', async () => {
    const token = await one.token(ours);
    expect(await answerTo(token)).toBe('200');
    expect(one.requests.introspection.map((request) => request.token)).toContain(token);
    expect(two.requests.introspection.map((request) => request.token)).not.toContain(token);
  });

  it('has its foreign tokens in the audit, by their cause', async () => {
    expect(await answerTo(await two.token(ours))).toBe('401 token-tenant-foreign');
    const causes = async () =>
      (await exported()).filter((line) => line['kind'] === 'refusals').map((line) => [line['status'], line['code']]);
    await expect.poll(causes).toContainEqual([401, 'token-tenant-foreign']);
  });

  it('goes on while the other is down, whose tokens are 503 and which /readyz names', async () => {
    await two.stop();
    clock.elapsed += 300_000;
    expect(await answerTo(await two.token(theirs)), 'its keys serve on for a while, and nobody says whether it was revoked').toBe(
      '503 identity-unavailable',
    );
    clock.elapsed += 900_000;
    const tokens = await Promise.all(Array.from({ length: 10 }, () => two.token(theirs)));
    const refused = await Promise.all(tokens.map(ask));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
    expect(refused[0]?.json<{ detail: string }>().detail).toContain(new URL(two.issuer).host);
    expect(await answerTo(await one.token(ours))).toBe('200');
    const readiness = async () => (await kms.send('/readyz')).json<{ status: string; dependencies: Record<string, object> }>();
    await expect.poll(readiness).toMatchObject({
      status: 'ready',
      dependencies: { identity: { state: 'up', required: true }, partner: { state: 'down', required: false } },
    });
  });
});

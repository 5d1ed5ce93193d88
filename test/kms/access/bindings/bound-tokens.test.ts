import { createHash, randomUUIDv7, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsResponse } from '#infra/http/client.ts';
import { rawBytes, rawRequest } from '#test/support/raw-request.ts';
import { type DpopKey, dpopKey } from '#test/kms/support/dpop.ts';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const unique = randomUUIDv7();
const [OWN, OTHER] = [`own-${unique}`, `other-${unique}`];

let house: KmsHouse;
let kms: RunningKms;
let demo: string;
let key: DpopKey;
beforeAll(async () => {
  house = await kmsHouse({ clients: { [OWN]: [], [OTHER]: [] } });
  kms = await runKms(house);
  demo = (await kms.tenants())['demo'] ?? '';
  key = await dpopKey();
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const tokenWith = (cnf: Readonly<Record<string, string>>): Promise<string> => house.issuer.token(demo, { claims: { cnf } });
const dpop = (token: string, proof: string) => ({ authorization: `DPoP ${token}`, dpop: proof });
/** A request by any name: a client of HTTP would compare that with the certificate. */
const named = (of: { readonly house: KmsHouse; readonly kms: RunningKms }, host: string, headers: Record<string, string>) =>
  rawRequest({ port: Number(new URL(of.kms.url).port), ca: of.house.ca }, { method: 'GET', path: KEYS, headers: { ...headers, host } });
const seen = ({ status, headers }: Pick<HttpsResponse, 'status' | 'headers'>) => [
  status,
  ...(headers['www-authenticate'] ?? '').matchAll(/(Bearer|DPoP) realm|error="(\w+)"/g).map((match) => match[1] ?? match[2]),
];
const x5tOf = async (leaf: string): Promise<string> =>
  createHash('sha256')
    .update(new X509Certificate(await readFile(join(house.folder, 'tls', `${leaf}.pem`))).raw)
    .digest('base64url');
const withCertificate = async (
  leaf: string,
  headers: Record<string, string>,
  of: { readonly house: KmsHouse; readonly kms: RunningKms } = { house, kms },
) => (await of.house.client(leaf)).request({ url: `${of.kms.url}${KEYS}`, headers });

describe('a token that is bound to a DPoP key', () => {
  it('opens with a proof of that key, again with another proof, and with none twice, whatever connection it comes over', async () => {
    const token = await tokenWith({ jkt: key.jkt });
    const proof = await key.proof({ token, url: `${kms.url}${KEYS}` });
    expect((await kms.send(KEYS, { headers: dpop(token, proof) })).status).toBe(200);
    expect(seen(await kms.send(KEYS, { headers: dpop(token, proof) }))).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
    const elsewhere = await house.client();
    const again = await elsewhere.request({ url: `${kms.url}${KEYS}`, headers: dpop(token, proof) });
    expect(seen(again)).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
    expect((await kms.send(KEYS, { headers: dpop(token, await key.proof({ token, url: `${kms.url}${KEYS}` })) })).status).toBe(200);
  });

  it('is refused as a Bearer token, with or without a proof beside it, and the answer names DPoP', async () => {
    const token = await tokenWith({ jkt: key.jkt });
    const proof = await key.proof({ token, url: `${kms.url}${KEYS}` });
    for (const headers of [bearer(token), { ...bearer(token), dpop: proof }])
      expect(seen(await kms.send(KEYS, { headers }))).toEqual([401, 'Bearer', 'invalid_token', 'DPoP']);
  });

  it('is refused with the proof of another key, of another token, for another method or path', async () => {
    const token = await tokenWith({ jkt: key.jkt });
    const url = `${kms.url}${KEYS}`;
    const stranger = await dpopKey();
    expect(seen(await kms.send(KEYS, { headers: dpop(token, await stranger.proof({ token, url })) }))).toEqual([
      401,
      'DPoP',
      'invalid_token',
    ]);
    for (const other of [
      { token: await tokenWith({ jkt: key.jkt }), url },
      { token, url, method: 'POST' },
      { token, url: `${url}/${randomUUIDv7()}` },
      { token, url: url.replace('localhost', 'kms.attacker.example') },
    ])
      expect(seen(await kms.send(KEYS, { headers: dpop(token, await key.proof(other)) }))).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
  });

  it('is refused with a proof for another service, although the request calls this one by the name of that', async () => {
    const token = await tokenWith({ jkt: key.jkt });
    const proof = await key.proof({ token, url: `https://kms.attacker.example${KEYS}` });
    const answer = await named({ house, kms }, 'kms.attacker.example', dpop(token, proof));
    expect(seen(answer)).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
    expect(answer.headers['www-authenticate']).not.toContain('resource_metadata');
  });

  it('is refused without a proof and with two, and when a proof is older than a minute', async () => {
    const token = await tokenWith({ jkt: key.jkt });
    const url = `${kms.url}${KEYS}`;
    const [one, two] = [await key.proof({ token, url }), await key.proof({ token, url })];
    expect(seen(await kms.send(KEYS, { headers: { authorization: `DPoP ${token}` } }))).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
    expect(seen(await kms.send(KEYS, { headers: dpop(token, `${one}, ${two}`) }))).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
    const twice = `GET ${KEYS} HTTP/1.1\r\nhost: ${new URL(url).host}\r\nconnection: close\r\nauthorization: DPoP ${token}\r\n`;
    const server = { port: Number(new URL(url).port), ca: house.ca };
    expect(seen(await rawBytes(server, `${twice}dpop: ${one}\r\ndpop: ${two}\r\n\r\n`))).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
    expect((await rawBytes(server, `${twice}dpop: ${one}\r\n\r\n`)).status).toBe(200);
    const old = await key.proof({ token, url }, { claims: { iat: Math.floor(Date.now() / 1000) - 90 } });
    expect(seen(await kms.send(KEYS, { headers: dpop(token, old) }))).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
  });

  it('says by the scheme of its request that a scope is missing', async () => {
    const token = await house.issuer.token(demo, { claims: { cnf: { jkt: key.jkt }, scope: 'kms:encrypt' } });
    const answer = await kms.send(KEYS, { headers: dpop(token, await key.proof({ token, url: `${kms.url}${KEYS}` })) });
    expect(seen(answer)).toEqual([403, 'DPoP', 'insufficient_scope']);
    expect(answer.headers['www-authenticate']).toContain('algs="ES256 ES384 ES512 EdDSA Ed25519"');
  });

  it('needs its certificate, too, when it is bound to both', async () => {
    const token = await tokenWith({ jkt: key.jkt, 'x5t#S256': await x5tOf(OWN) });
    const headers = async () => dpop(token, await key.proof({ token, url: `${kms.url}${KEYS}` }));
    expect((await withCertificate(OWN, await headers())).status).toBe(200);
    expect(seen(await withCertificate(OTHER, await headers()))).toEqual([401, 'DPoP', 'invalid_token']);
    expect(seen(await kms.send(KEYS, { headers: await headers() }))).toEqual([401, 'DPoP', 'invalid_token']);
    expect(seen(await withCertificate(OWN, bearer(token)))).toEqual([401, 'Bearer', 'invalid_token', 'DPoP']);
  });
});

it('A token that is bound to nothing is refused with the scheme DPoP', async () => {
  const token = await house.issuer.token(demo);
  const proof = await key.proof({ token, url: `${kms.url}${KEYS}` });
  expect(seen(await kms.send(KEYS, { headers: dpop(token, proof) }))).toEqual([401, 'DPoP', 'invalid_token']);
});

it('A token that was found good over one connection is compared with the certificate of the next', async () => {
  const token = await tokenWith({ 'x5t#S256': await x5tOf(OWN) });
  expect((await withCertificate(OWN, bearer(token))).status).toBe(200);
  expect(seen(await withCertificate(OTHER, bearer(token)))).toEqual([401, 'Bearer', 'invalid_token']);
  expect((await withCertificate(OWN, bearer(token))).status).toBe(200);
});

describe('with a nonce required, ignored certificates and stated origins', () => {
  let mesh: KmsHouse;
  let inMesh: RunningKms;
  beforeAll(async () => {
    mesh = await kmsHouse({
      clients: { [OWN]: [] },
      change: ({ tokens, errors }) => {
        tokens.unbound_certificate = 'ignore';
        tokens.dpop.nonce = 'required';
        tokens.origins = ['https://kms.example'];
        errors.detail = 'standard';
      },
    });
    inMesh = await runKms(mesh);
    demoInMesh = (await inMesh.tenants())['demo'] ?? '';
  });
  let demoInMesh: string;
  afterAll(async () => {
    await inMesh[Symbol.asyncDispose]();
    await mesh[Symbol.asyncDispose]();
  });

  it('a proof without the nonce is answered with one, and good with it, at the origin alone that is stated', async () => {
    const own = await dpopKey();
    const token = await mesh.issuer.token(demoInMesh, { claims: { cnf: { jkt: own.jkt } } });
    const url = `https://kms.example${KEYS}`;
    const ask = async (nonce?: string, at = url) =>
      named({ house: mesh, kms: inMesh }, new URL(at).host, dpop(token, await own.proof({ token, url: at }, { claims: { nonce } })));
    const first = await ask();
    expect(seen(first)).toEqual([401, 'DPoP', 'use_dpop_nonce']);
    const nonce = first.headers['dpop-nonce'];
    expect((await ask(nonce)).status).toBe(200);
    expect(seen(await ask('another'))).toEqual([401, 'DPoP', 'use_dpop_nonce']);
    expect(seen(await ask(nonce, `${inMesh.url}${KEYS}`))).toEqual([401, 'DPoP', 'invalid_dpop_proof']);
  });

  it('a certificate beside a token that is bound to none is passed over, and one beside a password is refused', async () => {
    const token = await mesh.issuer.token(demoInMesh);
    const of = { house: mesh, kms: inMesh };
    expect((await withCertificate(OWN, bearer(token), of)).status).toBe(200);
    expect((await withCertificate(OWN, basic('demo-user', 'demo-user-password'), of)).status).toBe(400);
  });

  it('a refused token is told what kind of credential was refused and not why, and a missing scope by its name', async () => {
    const expired = await inMesh.send(KEYS, { headers: bearer(await mesh.issuer.token(demoInMesh, { claims: { exp: 1 } })) });
    expect(expired.json()).toMatchObject({ status: 401, code: 'token-invalid', detail: 'The token is refused.', error: 'invalid_token' });
    expect(`${expired.text}${expired.headers['www-authenticate']}`).not.toContain('expired');
    const denied = await inMesh.send(KEYS, { headers: bearer(await mesh.issuer.token(demoInMesh, { claims: { scope: 'kms:crypto' } })) });
    expect(denied.json()).toMatchObject({ status: 403, scope: 'kms:elastic-keys:read' });
    mesh.issuer.jwks = { keys: [] };
    const outage = await inMesh.send('/readyz');
    expect(outage.json()).not.toHaveProperty('dependencies');
  });
});

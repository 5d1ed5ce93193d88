import { generateKeyPairSync, type KeyObject, randomUUID, randomUUIDv7, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type JWK, SignJWT } from 'jose';
import { ISSUER, type TestIdentity, unique } from '../../support/identity.ts';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Posts a form as a client that has proved itself. */
export type PostAs = (path: string, form: Readonly<Record<string, string>>) => Promise<Answer>;

const post = async (
  by: typeof fetch,
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const answer = await by(`${ISSUER}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });
  const text = await answer.text();
  return { status: answer.status, body: (text.startsWith('{') ? JSON.parse(text) : { text }) as Answer['body'] };
};

/** A key for each kind of signature. */
const keyFor = (alg: string): KeyObject => {
  if (alg.startsWith('ES'))
    return generateKeyPairSync('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg] ?? '' }).privateKey;
  if (alg.startsWith('Ed')) return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
};

const publicOf = (key: KeyObject): JWK => {
  const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' });
  return Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)) as JWK;
};

/** Clients of an operator that act for themselves, one for each way in which a client proves itself. */
export const announcedClients = (identity: TestIdentity) => {
  const create = async (change: Readonly<Record<string, unknown>>): Promise<{ readonly clientId: string; readonly secret: string }> => {
    const body = {
      client_id: unique('client'),
      name: 'Worker',
      grant_types: ['client_credentials'],
      scopes: ['kms:read'],
      tenant_id: randomUUID(),
      roles: ['user'],
      ...change,
    };
    const answer = await identity.admin('/admin/v1/clients', { method: 'POST', body });
    if (answer.status !== 201) throw new Error(`no client: ${await answer.text()}`);
    return { clientId: body.client_id, secret: String(((await answer.json()) as { client_secret?: string }).client_secret) };
  };

  const made: Record<string, Promise<PostAs> | undefined> = {};

  const withKey = async (alg: string): Promise<PostAs> => {
    const key = keyFor(alg);
    const { clientId } = await create({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicOf(key)] } });
    return async (path, form) => {
      const claims = { iss: clientId, sub: clientId, aud: ISSUER, jti: randomUUIDv7() };
      const assertion = new SignJWT(claims).setIssuedAt().setExpirationTime('60s').setProtectedHeader({ alg });
      return post(identity.fetch, path, {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await assertion.sign(key),
        ...form,
      });
    };
  };

  /** By the key of a signature. */
  const bySignature = (alg: string): Promise<PostAs> => (made[alg] ??= withKey(alg));

  const METHODS: Readonly<Record<string, () => Promise<PostAs>>> = {
    client_secret_basic: async () => {
      const { clientId, secret } = await create({ token_endpoint_auth_method: 'client_secret_basic' });
      const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
      return (path, form) => post(identity.fetch, path, form, { authorization });
    },
    client_secret_post: async () => {
      const { clientId, secret } = await create({ token_endpoint_auth_method: 'client_secret_post' });
      return (path, form) => post(identity.fetch, path, { client_id: clientId, client_secret: secret, ...form });
    },
    private_key_jwt: () => bySignature('ES256'),
    tls_client_auth: async () => {
      const { subject } = new X509Certificate(await readFile(identity.tls.leaf('client').cert));
      const tls_client_auth_subject_dn = subject.split('\n').toReversed().join(',');
      const { clientId } = await create({ token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn });
      return (path, form) => post(identity.certifiedFetch, path, { client_id: clientId, ...form });
    },
  };

  return {
    create,
    bySignature,
    /** @returns undefined for a method that is no confidential client's */
    by: async (method: string): Promise<PostAs | undefined> => (made[method] ??= METHODS[method]?.()),
    post: (path: string, form: Readonly<Record<string, string>>, headers?: Record<string, string>) =>
      post(identity.fetch, path, form, headers),
    certified: (path: string, form: Readonly<Record<string, string>>) => post(identity.certifiedFetch, path, form),
  };
};

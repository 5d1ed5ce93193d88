import { randomUUID, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aServiceClient } from '#test/identity/support/identity-provider.ts';
import { ISSUER, startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';

const METADATA = `${ISSUER}/.well-known/openid-configuration`;

interface Answer {
  readonly access_token: string;
  readonly error?: string;
}

describe('A client that proves itself by its certificate', () => {
  let identity: TestIdentity;
  beforeAll(async () => {
    identity = await startTestIdentity({ overlay: { server: { client_certificates: 'request' } } });
  });
  afterAll(() => identity[Symbol.asyncDispose]());

  const create = async (change: Readonly<Record<string, unknown>>) => {
    const body = {
      client_id: unique('client'),
      name: 'Worker',
      token_endpoint_auth_method: 'tls_client_auth',
      grant_types: ['client_credentials'],
      scopes: ['kms:read'],
      tenant_id: randomUUID(),
      roles: ['user'],
      ...change,
    };
    const answer = await identity.admin('/admin/v1/clients', { method: 'POST', body });
    return { clientId: body.client_id, status: answer.status, body: (await answer.json()) as { errors?: { field: string }[] } };
  };
  const ask = async (by: typeof fetch, clientId: string, form: Readonly<Record<string, string>> = {}) => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, ...form });
    const answer = await by(`${ISSUER}/oauth2/token`, { method: 'POST', body });
    return { status: answer.status, body: (await answer.json()) as Answer };
  };

  it('gets a token over a connection with it, bound to it where it is registered so, and nothing without', async () => {
    const { subject: shown } = new X509Certificate(await readFile(identity.tls.leaf('client').cert));
    const subject = shown.split('\n').toReversed().join(',');
    const [free, bound] = [
      await create({ tls_client_auth_subject_dn: subject }),
      await create({ tls_client_auth_subject_dn: subject, token_binding: 'certificate' }),
    ];

    const [first, second] = [await ask(identity.certifiedFetch, free.clientId), await ask(identity.certifiedFetch, bound.clientId)];

    expect([free.status, bound.status, first.status, second.status]).toEqual([201, 201, 200, 200]);
    expect(decodeJwt(first.body.access_token)['cnf']).toBeUndefined();
    expect(decodeJwt(second.body.access_token)['cnf']).toEqual({ 'x5t#S256': expect.any(String) as string });
    for (const refused of [
      await ask(identity.fetch, free.clientId),
      await ask(identity.certifiedFetch, free.clientId, { client_secret: 'in its place' }),
    ])
      expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it.each([
    ['tls_client_auth_subject_dn', 'CN=somebody else,O=passthru'],
    ['tls_client_auth_san_dns', 'localhost'],
    ['tls_client_auth_san_ip', '127.0.0.1'],
    ['tls_client_auth_san_uri', 'urn:passthru:tenant:other'],
    ['tls_client_auth_san_email', 'somebody@passthru.example'],
  ])('gets none with a certificate that has another %s', async (field, value) => {
    const { clientId } = await create({ [field]: value });
    expect(await ask(identity.certifiedFetch, clientId)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('is refused without a name, with two, and with a secret', async () => {
    const subject = { tls_client_auth_subject_dn: 'CN=worker' };
    for (const [change, field] of [
      [{}, '/tls_client_auth_subject_dn'],
      [{ ...subject, tls_client_auth_san_dns: 'worker.example' }, '/tls_client_auth_san_dns'],
      [{ ...subject, secret: unique('secret') }, '/secret'],
    ] as const) {
      const { status, body } = await create(change);
      expect([status, body.errors?.map((issue) => issue.field)]).toEqual([400, [field]]);
    }
  });

  it('finds its method in the metadata, which has none for certificates that are their own authority', async () => {
    const metadata = (await (await identity.fetch(METADATA)).json()) as Record<string, unknown>;
    for (const endpoint of ['token', 'introspection', 'revocation']) {
      expect(metadata[`${endpoint}_endpoint_auth_methods_supported`]).toContain('tls_client_auth');
      expect(metadata[`${endpoint}_endpoint_auth_methods_supported`]).not.toContain('self_signed_tls_client_auth');
    }
    expect(metadata['tls_client_certificate_bound_access_tokens']).toBe(true);
  });
});

it('Where the listener asks for no certificate, the metadata have nothing for one, and such a client is refused', async () => {
  await using provider = await providerOn('sqlite');
  const client = aServiceClient({ authMethod: 'tls_client_auth', certificateNames: { san_dns: 'worker.example' } });

  const metadata = (await provider.send({ url: METADATA })).text;

  expect(metadata).not.toContain('tls_client');
  await expect(provider.openid.checkClient(client)).rejects.toMatchObject({ code: 'client-refused' });
});

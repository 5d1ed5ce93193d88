import { randomUUIDv7 } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { KMS_CLIENT_ID, KMS_RESOURCE, KMS_SCOPES, ROLE_SCOPES } from '#infra/magic/magic.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import { loadSeed } from '#identity/demo/seed-file.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const CONFIG = join(import.meta.dirname, '../../../deployments/identity/config');
const SEED_FILE = join(CONFIG, 'demo-seed.yml');

const known = ['openid', 'profile', 'email', 'offline_access', ...Object.keys(KMS_SCOPES), ...Object.values(KMS_SCOPES).flat()];
const isKnown = (scope: string): boolean => known.includes(scope);

const client = () => ({
  client_id: `client-${randomUUIDv7()}`,
  name: 'Client',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  redirect_uris: ['https://client.test/callback'],
});

describe('the demo seed of Identity', () => {
  it('holds the documented accounts and clients', async () => {
    const seed = await loadSeed(SEED_FILE, isKnown);
    expect(seed.tenants).toEqual(['demo', 'demo-other']);
    expect(seed.accounts.map(({ username, tenant, roles }) => [username, tenant, ...roles])).toEqual([
      ['demo-admin', 'demo', 'admin'],
      ['demo-tenant-admin', 'demo', 'tenant-admin'],
      ['demo-user', 'demo', 'user'],
      ['demo-service', 'demo', 'service'],
      ['demo-other-user', 'demo-other', 'tenant-admin'],
      ['demo-two-factor', 'demo', 'user'],
    ]);
    expect(seed.clients.map((client) => client.client_id)).toEqual([
      'demo-public-client',
      'demo-browser-client',
      'demo-device-client',
      'demo-confidential-client',
      'demo-other-client',
      'demo-short-lived-client',
      'demo-limited-client',
      'demo-certificate-client',
      'demo-opaque-client',
    ]);
  });

  it('stores of every documented password exactly its PBKDF2 hash, with 600,000 iterations', async () => {
    const { accounts, clients } = await loadSeed(SEED_FILE, isKnown);
    const text = await readFile(SEED_FILE, 'utf8');
    const passwords = createPasswords();
    const named = [
      ...accounts.map(({ username, password_hash }) => ({ name: username, hash: password_hash })),
      ...clients.flatMap(({ client_id, secret_hash }) => (secret_hash === undefined ? [] : [{ name: client_id, hash: secret_hash }])),
    ];
    expect(named).toHaveLength(12);
    // One with a second factor has no button, which could not log in.
    for (const { username, public_password, totp_secret } of accounts)
      expect(public_password).toBe(totp_secret === undefined ? `${username}-password` : undefined);
    for (const { client_id } of clients.filter(({ secret_hash }) => secret_hash !== undefined))
      expect(text, `the secret of ${client_id} stands beside it`).toContain(`${client_id} # password: ${client_id}-password\n`);
    for (const { name, hash } of named) {
      expect(hash).toMatch(/^\$pbkdf2-sha256\$i=600000\$/);
      expect(await passwords.verify(`${name}-password`, hash)).toBe(true);
    }
    expect(await passwords.verify('demo-user', named.find(({ name }) => name === 'demo-user')?.hash)).toBe(false);
    expect(new Set(named.map(({ hash }) => hash.split('$')[3])).size).toBe(named.length);
  });

  it('warns beside the passwords', async () => {
    expect(await readFile(SEED_FILE, 'utf8')).toMatch(/WARNING: every password in this file is public/);
  });

  it('uses only roles and scopes that exist', async () => {
    const { accounts, clients } = await loadSeed(SEED_FILE, isKnown);
    for (const role of [...accounts, ...clients].flatMap(({ roles }) => roles)) expect(Object.keys(ROLE_SCOPES)).toContain(role);
    for (const scope of clients.flatMap(({ scopes }) => scopes)) expect(known).toContain(scope);
  });

  for (const [what, change, field] of [
    ['an unknown key', { extra: 1 }, 'seed.yml#/extra'],
    [
      'a client twice',
      (() => ({
        clients: [
          { ...client(), client_id: 'twice' },
          { ...client(), client_id: 'twice' },
        ],
      }))(),
      'seed.yml#/clients/1/client_id',
    ],
    ['a tenant that is not there', { clients: [{ ...client(), tenant: 'elsewhere' }] }, 'seed.yml#/clients/0/tenant'],
    [
      'a confidential client without a secret',
      { clients: [{ ...client(), token_endpoint_auth_method: 'client_secret_basic' }] },
      'seed.yml#/clients/0/secret_hash',
    ],
    [
      'a client for itself without a tenant',
      { clients: [{ ...client(), grant_types: ['client_credentials'] }] },
      'seed.yml#/clients/0/tenant',
    ],
    ['a scope of no API', { clients: [{ ...client(), scopes: ['openid', 'other:read'] }] }, 'seed.yml#/clients/0/scopes/1'],
    [
      'access while people are away without a refresh token',
      { clients: [{ ...client(), scopes: ['openid', 'offline_access'] }] },
      'seed.yml#/clients/0/grant_types',
    ],
    [
      'a redirect that has a fragment',
      { clients: [{ ...client(), redirect_uris: ['https://client.test/callback', 'https://client.test/#callback'] }] },
      'seed.yml#/clients/0/redirect_uris/1',
    ],
    [
      'a redirect over http to another machine',
      { clients: [{ ...client(), redirect_uris: ['http://client.test/callback'] }] },
      'seed.yml#/clients/0/redirect_uris/0',
    ],
    ['a public client without PKCE', { clients: [{ ...client(), require_pkce: false }] }, 'seed.yml#/clients/0/require_pkce'],
    ['codes without a redirect', { clients: [{ ...client(), redirect_uris: [] }] }, 'seed.yml#/clients/0/redirect_uris'],
    ['a grant that does not exist', { clients: [{ ...client(), grant_types: ['password'] }] }, 'seed.yml#/clients/0/grant_types/0'],
  ] as const) {
    it(`is refused with ${what}, and the field is named`, async () => {
      await using folder = await temporaryDirectory();
      const file = join(folder.path, 'seed.yml');
      await writeFile(file, stringify({ tenants: ['demo'], accounts: [], clients: [], ...change }));
      const error = await loadSeed(file, isKnown).then(
        () => null,
        (thrown: unknown) => thrown as { code: string; fields: { field: string }[] },
      );
      expect(error?.code).toBe('config-invalid');
      expect(error?.fields.map((issue) => issue.field)).toContain(field);
    });
  }
});

describe('the default configuration of Identity', () => {
  it('is valid and names every scope of the KMS', async () => {
    const config = await loadIdentityConfig([join(CONFIG, 'identity.yml')]);
    expect(config.resource_servers[0]?.resource).toBe(KMS_RESOURCE);
    expect(config.resource_servers[0]?.scopes.toSorted()).toEqual(
      [...Object.keys(KMS_SCOPES), ...Object.values(KMS_SCOPES).flat()].toSorted(),
    );
    expect(config.service_clients[0]?.client_id).toBe(KMS_CLIENT_ID);
    expect(config.demo.seed_file).toBe(SEED_FILE);
  });

  it('refuses an issuer without https', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'overlay.yml');
    await writeFile(file, stringify({ issuer: 'http://localhost:8082' }));
    await expect(loadIdentityConfig([join(CONFIG, 'identity.yml'), file])).rejects.toMatchObject({
      code: 'config-invalid',
      fields: [expect.objectContaining({ field: 'overlay.yml#/issuer' })],
    });
  });
});

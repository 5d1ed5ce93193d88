import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { createClientStore } from '#identity/clients/client.store.ts';
import { createNewClients } from '#identity/clients/new-clients.ts';
import type { ClientSecurity } from '#identity/clients/security/client-security.ts';
import { columnsOfSecurity, securityOfRow } from '#identity/clients/security/client-security.columns.ts';
import { securityOfFields } from '#identity/clients/security/client-security.fields.ts';
import { securityIssues } from '#identity/clients/security/client-security.rules.ts';
import { databaseKinds } from '#test/support/database.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { aClient } from '#test/identity/support/identity-provider.ts';

const SECURITIES: readonly [string, ClientSecurity][] = [
  ['nothing', {}],
  ['pushed requests alone', { requirePushedRequests: true }],
  ['keys', { jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA' }] } }],
  ['a name of a certificate', { certificateNames: { san_ip: '192.0.2.7' } }],
  ['algorithms', { idTokenAlgorithm: 'RS256', introspectionAlgorithm: 'EdDSA' }],
  ['refresh tokens that stay', { keepsRefreshTokens: true }],
  ['the address of keys', { jwksUri: 'https://client.example/jwks' }],
];

describe.each(databaseKinds())('the security of a client on %s', (kind) => {
  it('is read back from the database as it was registered', async () => {
    await using opened = await identityDatabase(kind);
    const { database } = opened;
    const passwords = createPasswords({ iterations: 1000 });
    const clients = createNewClients({ database, passwords, isOfConfiguration: () => false, now: Date.now });
    const store = createClientStore(database, { demo: false });
    for (const [, security] of SECURITIES) {
      const client = aClient(security);
      await clients.create(client, undefined);
      expect((await store.byClientId(client.clientId))?.client).toEqual(client);
    }
  });
});

it.each(SECURITIES)('%s has a column for each of its members, and is nothing where all are null', (_what, security) => {
  const columns = columnsOfSecurity(security);
  expect(Object.keys(columns)).toEqual(Object.keys(columnsOfSecurity({})));
  expect(securityOfRow(columns as never)).toEqual(security);
});

it('is read from the fields of RFC 7591, of which none is nothing', () => {
  expect(securityOfFields({})).toEqual({});
  expect(securityOfFields({ require_pushed_authorization_requests: false })).toEqual({});
  expect(securityOfFields({ require_pushed_authorization_requests: true })).toEqual({ requirePushedRequests: true });
});

describe('the rules for keys of a client', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) as JWK;
  const rsa = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }) as JWK;
  const jwks = { keys: [ec] };

  it.each<[string, string, ClientSecurity]>([
    ['keys of the client', 'private_key_jwt', { jwks }],
    ['their address', 'private_key_jwt', { jwksUri: 'https://client.example/jwks' }],
    ['no keys for a client with a secret', 'client_secret_basic', {}],
    ['refresh tokens that stay, of a client with a key', 'private_key_jwt', { jwks, keepsRefreshTokens: true }],
    ['those of one with a certificate', 'tls_client_auth', { certificateNames: { san_dns: 'a.example' }, keepsRefreshTokens: true }],
  ])('take %s', (_what, method, security) => {
    expect(securityIssues(method, security)).toEqual([]);
  });

  it.each<[string, string, ClientSecurity, string]>([
    ['no keys', 'private_key_jwt', {}, 'jwks'],
    ['both keys and address', 'private_key_jwt', { jwks, jwksUri: 'https://client.example/jwks' }, 'jwks'],
    ['keys beside a secret', 'client_secret_basic', { jwks }, 'jwks'],
    ['an address for a public client', 'none', { jwksUri: 'https://client.example/jwks' }, 'jwks_uri'],
    ['refresh tokens that stay, of a client with a secret', 'client_secret_post', { keepsRefreshTokens: true }, 'rotate_refresh_tokens'],
    ['those of a public client', 'none', { keepsRefreshTokens: true }, 'rotate_refresh_tokens'],
    ['a short RSA key', 'private_key_jwt', { jwks: { keys: [ec, rsa(1024)] } }, 'jwks/keys/1'],
    [
      'an RSA key that is too long',
      'private_key_jwt',
      { jwks: { keys: [{ ...rsa(2048), n: Buffer.alloc(1024, 255).toString('base64url') }] } },
      'jwks/keys/0',
    ],
    ['an RSA exponent of 3', 'private_key_jwt', { jwks: { keys: [{ ...rsa(2048), e: 'Aw' }] } }, 'jwks/keys/0'],
    [
      'a point off its curve',
      'private_key_jwt',
      { jwks: { keys: [{ ...ec, x: Buffer.alloc(32, 1).toString('base64url') }] } },
      'jwks/keys/0',
    ],
    ['a curve for encryption', 'private_key_jwt', { jwks: { keys: [{ kty: 'OKP', crv: 'X25519', x: 'AA' }] } }, 'jwks/keys/0'],
  ])('refuse %s', (_what, method, security, field) => {
    expect(securityIssues(method, security).map((issue) => issue.field)).toEqual([field]);
  });
});

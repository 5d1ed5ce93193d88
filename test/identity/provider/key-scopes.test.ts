import { randomUUIDv7 } from 'node:crypto';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import {
  aClient,
  anAccount,
  aServiceClient,
  OPAQUE_SERVER,
  type TestProvider,
  type Tokens,
} from '#test/identity/support/identity-provider.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { scopeWords } from '#identity/views/scope-words.ts';

const ask = (provider: TestProvider, client: ClientRecord, scope?: string) =>
  provider.post('/oauth2/token', { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }, client);

describe.each(databaseKinds())('A scope for single keys at Identity on %s', (kind) => {
  it('is given to a client that has its right for all keys, or that has it itself', async () => {
    await using provider = await providerOn(kind);
    const own = `kms:key:${randomUUIDv7()}:crypto`;
    const client = aServiceClient({ scopes: ['kms:encrypt', own] });
    provider.register(client);
    const given = ['kms:key:invoices:encrypt', 'kms:label:env=dev%3A%20%C3%BC:encrypt', own, own.replace('crypto', 'sign')];
    for (const scope of given) {
      const tokens = (await ask(provider, client, scope)).json<Tokens>();
      expect(decodeJwt(tokens.access_token), scope).toMatchObject({ scope, permissions: [scope] });
    }
    expect((await ask(provider, client)).json<Tokens>().scope).toBe(`kms:encrypt ${own}`);
  });

  it('is refused with a right that the client has not, or for another key, or in a form that is none', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient({ scopes: ['kms:encrypt', 'kms:key:invoices:sign'] });
    const other = aServiceClient({ scopes: ['opaque:read'] });
    provider.register(client, other);
    for (const scope of [
      'kms:key:invoices:decrypt',
      'kms:key:orders:sign',
      'kms:key:a:b:encrypt',
      'kms:key:*:encrypt',
      'kms:key:invoices:crypto',
    ]) {
      const answer = await ask(provider, client, scope);
      expect([answer.status, answer.json<{ error: string }>().error], scope).toEqual([400, 'invalid_scope']);
    }
    expect((await ask(provider, other, 'kms:key:invoices:sign')).status).toBe(400);
    const elsewhere = await provider.post(
      '/oauth2/token',
      { grant_type: 'client_credentials', scope: 'kms:key:invoices:sign', resource: OPAQUE_SERVER.resource },
      client,
    );
    expect(elsewhere.json()).toMatchObject({ error: 'invalid_scope', scope: 'kms:key:invoices:sign' });
  });

  it('is agreed to by a person, comes with the code and the refresh token, and never goes beyond what he may', async () => {
    await using provider = await providerOn(kind);
    const account = anAccount({ roles: ['user'] });
    const client = aClient();
    provider.register(account, client);
    const scope = 'openid offline_access kms:key:invoices:encrypt kms:key:invoices:material-keys:rotate';
    const tokens = await provider.tokens(client, account, { scope, prompt: 'consent' });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ permissions: ['kms:key:invoices:encrypt'] });
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: client.clientId };
    const again = (await provider.post('/oauth2/token', form, client)).json<Tokens>();
    expect(decodeJwt(again.access_token)).toMatchObject({ scope: 'openid offline_access kms:key:invoices:encrypt' });
  });
});

describe('The words for a scope for single keys', () => {
  it('say for which', () => {
    expect(scopeWords('kms:key:invoices:encrypt')).toBe('Encrypt with keys, only for the key invoices');
    expect(scopeWords('kms:label:env=a%20b:material-keys:rotate')).toBe('Rotate keys, only for keys labelled env: a b');
    expect(scopeWords('kms:key:a:b:encrypt')).toBe('Use the permission “kms:key:a:b:encrypt”');
    expect(scopeWords('constructor')).toBe('Use the permission “constructor”');
  });
});

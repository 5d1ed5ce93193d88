import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientFields } from '#identity/clients/client-fields.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { assertionKey } from '#test/identity/support/client-assertions.ts';
import { testPasswords } from '#test/identity/support/an-account-row.ts';
import { startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';

type Fields = Readonly<Record<string, unknown>>;

const { jwk } = await assertionKey();
const KEYS = { jwks: { keys: [jwk] } };
const JWKS_URI = 'https://app.example/jwks';
const BACKCHANNEL = { backchannel_logout_uri: 'https://app.example/logged-out' };
const KEY = { token_endpoint_auth_method: 'private_key_jwt', ...KEYS };
const CERTIFICATE = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'app.example' };
const OTHER_NAME = { tls_client_auth_san_dns: null };

/**
 * A field that need not be there: what is said of a client to have it, what takes it back beside null, and what has to come and go with it.
 */
interface Row {
  readonly value: unknown;
  readonly asDefault?: unknown;
  readonly client?: Fields;
  readonly beside?: Fields;
  readonly instead?: Fields;
}
const certificateName = (value: string): Row => ({
  value,
  client: CERTIFICATE,
  beside: OTHER_NAME,
  instead: { tls_client_auth_san_dns: 'app.example' },
});
const ROWS: Readonly<Record<string, Row>> = {
  backchannel_logout_uri: {
    value: BACKCHANNEL.backchannel_logout_uri,
    beside: { backchannel_logout_session_required: false },
    instead: { backchannel_logout_session_required: null },
  },
  backchannel_logout_session_required: { value: true, asDefault: false, client: { ...KEY, ...BACKCHANNEL } },
  access_token_ttl_seconds: { value: 60 },
  token_format: { value: 'opaque' },
  jwks: {
    value: KEYS.jwks,
    client: { ...KEY, jwks: undefined, jwks_uri: JWKS_URI },
    beside: { jwks_uri: null },
    instead: { jwks_uri: JWKS_URI },
  },
  jwks_uri: { value: JWKS_URI, beside: { jwks: null }, instead: KEYS },
  tls_client_auth_subject_dn: certificateName('CN=app,O=Acme'),
  tls_client_auth_san_dns: {
    value: 'app.example',
    client: { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_ip: '192.0.2.7' },
    beside: { tls_client_auth_san_ip: null },
    instead: { tls_client_auth_san_ip: '192.0.2.7' },
  },
  tls_client_auth_san_uri: certificateName('https://app.example/it'),
  tls_client_auth_san_email: certificateName('it@app.example'),
  tls_client_auth_san_ip: certificateName('192.0.2.7'),
  id_token_signed_response_alg: { value: 'EdDSA' },
  introspection_signed_response_alg: { value: 'EdDSA' },
  require_pushed_authorization_requests: { value: true, asDefault: false },
  rotate_refresh_tokens: { value: false, asDefault: true },
};

describe.each(databaseKinds())('A field of a client that need not be there, on %s', (kind) => {
  const opened = new AsyncDisposableStack();
  let running: TestIdentity;
  beforeAll(async () => {
    const databases = opened.use(await withDatabases(kind));
    const overlay = {
      database: databases.config,
      server: { client_certificates: 'request' },
      signing: { algorithms: ['EdDSA'] },
      outgoing: { origins: ['https://app.example'] },
    };
    running = opened.use(await startTestIdentity({ demo: false, overlay, newPasswords: () => testPasswords }));
  });
  afterAll(() => opened.disposeAsync());

  const send = async (method: string, path: string, body?: Fields) => {
    const answer = await running.admin(`/admin/v1/clients${path}`, { method, ...(body === undefined ? {} : { body }) });
    return { status: answer.status, body: (await answer.json()) as Fields };
  };
  const made = async (client: Fields) => {
    const clientId = unique('app');
    const rest = { name: 'App', grant_types: ['authorization_code'], redirect_uris: ['https://app.example/callback'], scopes: ['openid'] };
    const { status } = await send('POST', '', { client_id: clientId, ...rest, ...client });
    expect(status).toBe(201);
    return `/${clientId}`;
  };

  it('is each in the table below', () => {
    const optional = Object.entries(clientFields).filter(([, field]) => Type.IsOptional(field));
    expect(Object.keys(ROWS).toSorted()).toEqual(optional.map(([name]) => name).toSorted());
  });

  it.each(Object.entries(ROWS))('is set and taken back: %s', async (name, { value, asDefault, client = KEY, beside, instead }) => {
    const path = await made(client);
    const { body: before } = await send('GET', path);
    for (const back of asDefault === undefined ? [null] : [null, asDefault]) {
      const set = await send('PATCH', path, { [name]: value, ...beside });
      expect([set.status, (await send('GET', path)).body]).toEqual([200, { ...before, [name]: value, ...beside }]);
      const taken = await send('PATCH', path, { [name]: back, ...instead });
      expect([taken.status, taken.body, (await send('GET', path)).body]).toEqual([200, before, before]);
    }
  });

  it('goes with the address that it is about', async () => {
    const path = await made({ ...KEY, ...BACKCHANNEL, backchannel_logout_session_required: true });
    await send('PATCH', path, { backchannel_logout_uri: null });
    expect((await send('GET', path)).body).toMatchObject({ backchannel_logout_uri: null, backchannel_logout_session_required: null });
  });
});

import { writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountCreateSchema } from '#cli/documents/account-create.ts';
import { clientCreateSchema } from '#cli/documents/client-create.ts';
import { main } from '#cli/main.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { PUBLIC_CLIENT, REDIRECT } from '#test/prod/files.ts';
import { logIn, post, type Tokens } from '#test/prod/log-in.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { writeOperatorFiles } from '#test/support/operator-files.ts';
import { ISSUER, startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';

let running: TestIdentity;
let operator: string;
beforeAll(async () => {
  running = await startTestIdentity({ demo: false });
  operator = await writeOperatorFiles(running, join(running.directory, 'operator'));
});
afterAll(() => running[Symbol.asyncDispose]());

const send = async (path: string, body: unknown) => {
  const answer = await running.admin(`/admin/v1/${path}`, { method: 'POST', body });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

/** A command of an operator; its password comes by a file. */
const call = async (line: string, password: string) => {
  await writeFile(join(running.directory, 'password'), `${password}\n`, { mode: 0o600 });
  const cli = fakeProcess({ cwd: running.directory, env: {} });
  await main(`${line} --operator ${operator} --url https://localhost:${running.adminPort} --output json`.split(' '), cli);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, document: cli.written.out === '' ? null : (JSON.parse(cli.written.out) as unknown), err: cli.written.err };
};

const newAccount = (change: Record<string, unknown> = {}) => ({
  username: unique('user'),
  password: unique('password'),
  name: 'Ann',
  email: 'ann@example.org',
  tenant_id: randomUUID(),
  roles: ['user'],
  ...change,
});
const newClient = (change: Record<string, unknown> = {}) => ({
  client_id: unique('client'),
  secret: unique('secret'),
  name: 'Worker',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  scopes: ['kms:read'],
  tenant_id: randomUUID(),
  roles: ['user'],
  ...change,
});
const fieldsOf = ({ body }: { body: Record<string, unknown> }) =>
  (body['errors'] as { field: string }[] | undefined)?.map(({ field }) => field);

describe('An account and a client that an operator makes', () => {
  it('by commands log in, with the tenant and the roles that they were given', async () => {
    const [tenant, username, password] = [randomUUID(), unique('ann'), unique('password')];
    const account = await call(
      `account create ${username} --tenant ${tenant} --email ann@example.org --role tenant-admin --password-file password`,
      password,
    );
    expect([account.code, account.err]).toEqual([0, '']);
    expect(new Ajv2020().compile(JSON.parse(JSON.stringify(accountCreateSchema)) as object)(account.document)).toBe(true);
    const client = await call(
      `client create ${PUBLIC_CLIENT} --auth none --type native --grant authorization_code refresh_token --redirect-uri ${REDIRECT} --scope openid offline_access kms:read kms:crypto`,
      '',
    );
    expect([client.code, client.err]).toEqual([0, '']);
    expect(new Ajv2020().compile(JSON.parse(JSON.stringify(clientCreateSchema)) as object)(client.document)).toBe(true);
    const { access_token: token } = await logIn(running.fetch, ISSUER, { username, password });
    expect(decodeJwt(token)).toMatchObject({ tenant_id: tenant, roles: ['tenant-admin'], client_id: PUBLIC_CLIENT });

    const [worker, secret] = [unique('worker'), unique('secret')];
    const made = await call(
      `client create ${worker} --grant client_credentials --scope kms:read --tenant ${tenant} --role user --secret-file password`,
      secret,
    );
    expect([made.code, made.err]).toEqual([0, '']);
    const grant = { grant_type: 'client_credentials', scope: 'kms:read', resource: KMS_RESOURCE };
    const authorization = `Basic ${Buffer.from(`${worker}:${secret}`).toString('base64')}`;
    const own = await post<Tokens>(running.fetch, `${ISSUER}/oauth2/token`, grant, authorization);
    expect(decodeJwt(own.access_token)).toMatchObject({ tenant_id: tenant, roles: ['user'], client_id: worker });

    // Given again, each says what an operator whose answer was lost has to know.
    const again = await call(`account create ${username} --tenant ${tenant} --email ann@example.org --password-file password`, password);
    expect([again.code, again.document]).toEqual([
      2,
      expect.objectContaining({ error: expect.objectContaining({ code: 'username-used' }) }),
    ]);
    expect(again.err).toMatch(/If an earlier attempt was cut off, it made the account/);
  });

  it.each([
    ['/username', { username: 'with\u0000nul' }],
    ['/password', { password: 'short' }],
    ['/tenant_id', { tenant_id: 'acme' }],
    ['/roles/0', { roles: ['king'] }],
    ['/permissions/0', { permissions: ['kms:everything'] }],
    ['/demo', { demo: true }],
  ])('are refused where %s of the account is wrong', async (field, change) => {
    const refused = await send('accounts', newAccount(change));
    expect([refused.status, fieldsOf(refused)]).toEqual([400, [field]]);
  });

  it.each([
    ['/client_id', { client_id: 'with space' }],
    ['/secret', { token_endpoint_auth_method: 'none', grant_types: ['authorization_code'], redirect_uris: ['https://app.example/cb'] }],
    ['/tenant_id', { tenant_id: undefined }],
    ['/redirect_uris', { grant_types: ['authorization_code'] }],
    ['/jwks', { token_endpoint_auth_method: 'private_key_jwt', secret: undefined }],
    [
      '/jwks/keys/0',
      { token_endpoint_auth_method: 'private_key_jwt', secret: undefined, jwks: { keys: [{ kty: 'RSA', n: 'AA', e: 'AQAB' }] } },
    ],
    ['/jwks/keys/0/d', { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', d: 'AA' }] } }],
    ['/scopes/1', { scopes: ['kms:read', 'kms:everything'] }],
  ])('are refused where %s of the client is wrong', async (field, change) => {
    const refused = await send('clients', newClient(change));
    expect([refused.status, fieldsOf(refused)]).toEqual([400, [field]]);
  });

  it.each([
    ['account create with\u0001control --tenant ID --email a@b', ['<username> must be text without control characters']],
    ['account create UNIQUE --tenant ID --email a@b --name \u0001', ['--name must be text without control characters']],
    [
      'account create UNIQUE --tenant acme --email annx',
      ['--email must be an e-mail address', '--tenant must be the UUIDv4 of a tenant of the KMS'],
    ],
    [
      'account create UNIQUE --tenant ID --email a@b --permission kms:read kms:everything',
      ['--permission is kms:everything, which no resource server defines'],
    ],
    ['client create _app --auth none --grant refresh_token', ['<id> must be letters, digits, dots, hyphens and underscores']],
    [
      'client create UNIQUE --auth none --grant authorization_code',
      [
        '--redirect-uri is empty, yet the client uses authorization codes',
        '--scope is empty, yet the client uses authorization codes: it could ask for nothing',
      ],
    ],
    [
      'client create UNIQUE --auth none --grant authorization_code --redirect-uri app',
      ['--redirect-uri must be a URI with its scheme, without blanks'],
    ],
    [
      'client create UNIQUE --auth none --grant client_credentials --secret-file password',
      [
        '--grant has client_credentials, which a public client cannot use: anybody could',
        '--secret-file must be absent: a public client has none',
        '--tenant is missing: a client that acts for itself belongs to a tenant',
      ],
    ],
    ['client create UNIQUE --grant client_credentials --scope kms:all --secret-file password --tenant ID', ['--scope is kms:all']],
  ])('are refused in the words of the command: %j', async (line, wrong) => {
    const words = line.replace('UNIQUE', unique('name')).replace('ID', randomUUID());
    const file = line.startsWith('account') ? ' --password-file password' : '';
    const { code, document } = await call(`${words}${file}`, unique('password'));
    const { error } = document as { error: { message: string; fix: string } };
    expect([code, error.message.split('; ').toSorted()]).toEqual([2, wrong.map((each) => expect.stringContaining(each) as string)]);
    expect(error.fix).not.toBe('');
  });

  it('by a command whose password is too short are refused with the file that it came from', async () => {
    for (const line of [
      `account create ${unique('ann')} --tenant ${randomUUID()} --email a@b --password-file password`,
      `client create ${unique('app')} --tenant ${randomUUID()} --grant client_credentials --secret-file password`,
    ]) {
      const { document, err } = await call(line, 'short');
      const flag = /--(?:password|secret)-file/.exec(line)?.[0] ?? '';
      expect(document).toMatchObject({ error: { message: `the password of ${flag} must NOT have fewer than 12 characters` } });
      expect(err).toContain(`the password of ${flag}`);
    }
  });

  it('are refused where every request of the client would be', async () => {
    const change = { application_type: 'web', grant_types: ['authorization_code'], redirect_uris: ['my.app:/callback'] };
    const refused = await send('clients', newClient(change));
    expect([refused.status, refused.body['code'], fieldsOf(refused)]).toEqual([400, 'client-contradictory', ['/redirect_uris/0']]);
  });

  it('are refused where Identity could never tell the client of a log-out', async () => {
    const change = { grant_types: ['authorization_code'], redirect_uris: ['https://app.example/cb'] };
    const refused = await send('clients', newClient({ ...change, backchannel_logout_uri: 'https://app.example/log-out' }));
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'client-refused', detail: expect.stringContaining('outgoing.origins of the configuration does not name') as string },
    });
    expect(fieldsOf(await send('clients', newClient({ ...change, backchannel_logout_uri: 'http://app.example/log-out' })))).toEqual([
      '/backchannel_logout_uri',
    ]);
  });

  it('are made once: a name that is taken, by the configuration too, is refused', async () => {
    const [account, client] = [newAccount(), newClient()];
    expect([(await send('accounts', account)).status, (await send('clients', client)).status]).toEqual([201, 201]);
    expect(await send('accounts', newAccount({ username: account.username }))).toMatchObject({
      status: 409,
      body: { code: 'username-used' },
    });
    for (const client_id of [client.client_id, 'passthru-kms'])
      expect(await send('clients', newClient({ client_id }))).toMatchObject({ status: 409, body: { code: 'client-id-used' } });
  });

  it('are nothing for who is no operator', async () => {
    await using other = await startTestIdentity({ demo: false, overlay: { admin: { allowed_clients: [unique('operator')] } } });
    for (const [path, body] of [
      ['accounts', newAccount()],
      ['clients', newClient()],
    ] as const) {
      const refused = await other.admin(`/admin/v1/${path}`, { method: 'POST', body });
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, 'admin-client-unknown']);
    }
  });
});

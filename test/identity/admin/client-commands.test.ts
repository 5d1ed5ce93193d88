import { randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displaced } from '#cli/commands/identity/client-security.ts';
import { openSecretOut } from '#cli/commands/identity/secret-out.ts';
import { accountChangeSchema, accountListSchema } from '#cli/documents/accounts.ts';
import { clientCreateSchema } from '#cli/documents/client-create.ts';
import { clientChangeSchema, clientListSchema, clientSecretSchema, clientShowSchema } from '#cli/documents/clients.ts';
import { main } from '#cli/main.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Attributes } from '#infra/telemetry/telemetry.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { assertionKey } from '#test/identity/support/client-assertions.ts';
import { addApp, codeOf, submitTo } from '#test/identity/support/second-factors.ts';
import { createBrowser } from '#test/support/identity-browser.ts';
import { ISSUER, startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';
import { writeOperatorFiles } from '#test/support/operator-files.ts';

let running: TestIdentity;
const told: (readonly [string, Attributes])[] = [];
/** A folder with a stack in it, as its record tells. */
let project: string;
beforeAll(async () => {
  const silent = noTelemetry();
  const log = { ...silent.log, info: (message: string, attributes: Attributes = {}) => void told.push([message, attributes]) };
  running = await startTestIdentity({ telemetry: { ...silent, log }, overlay: { outgoing: { origins: ['https://app.example'] } } });
  project = join(running.directory, 'project');
  const stateDir = join(project, '.passthru');
  await mkdir(join(stateDir, 'config'), { recursive: true, mode: 0o700 });
  await writeOperatorFiles(running, join(stateDir, 'tls'));
  const record = { version: 1, engine: 'embedded', state_dir: stateDir, port_kms: 18_081, port_step: 1_000, profile: 'demo' };
  await writeFile(join(stateDir, 'config', 'stack.json'), JSON.stringify({ ...record, port_identity: running.adminPort - 1_000 }));
});
afterAll(() => running[Symbol.asyncDispose]());

const call = async (words: readonly string[], cwd = project) => {
  const cli = fakeProcess({ cwd, env: {} });
  await main([...words], cli);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, out: cli.written.out, err: cli.written.err };
};
const formats = { uuid: true, 'date-time': true } as const;
/** What a command prints for programs, which its schema takes. */
const document = async (line: string, schema: object): Promise<Record<string, unknown>> => {
  const { code, out, err } = await call([...line.split(' '), '--output', 'json']);
  expect([code, err]).toEqual([0, '']);
  const read = JSON.parse(out) as Record<string, unknown>;
  expect(new Ajv2020({ formats }).compile(JSON.parse(JSON.stringify(schema)) as object)(read)).toBe(true);
  return read;
};
const tokenWith = async (clientId: string, secret: string): Promise<number> => {
  const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'kms:read' });
  return (await running.fetch(`${ISSUER}/oauth2/token`, { method: 'POST', headers: { authorization }, body })).status;
};
const WORKER = `--grant client_credentials --scope kms:read --role user --tenant ${randomUUID()}`;

/** What a list prints for a log: a line each. */
const recordsOf = async (list: string): Promise<readonly Record<string, unknown>[]> => {
  const { out } = await call([...list.split(' '), '--output', 'structured']);
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('Commands for clients', () => {
  it('list them under headings, in columns that are aligned, and as a line each for a log', async () => {
    const [head = '', ...rows] = (await call(['client', 'list'])).out.trimEnd().split('\n');
    const at = (heading: string) => head.indexOf(heading);
    const row = rows.find((line) => line.startsWith('demo-confidential-client ')) ?? '';
    expect(head.split(/ {2,}/)).toEqual(['Client', 'State', 'Source', 'Proves itself by', 'Name']);
    expect(rows.every((line) => /^(?:en|dis)abled {2}/.test(line.slice(at('State'))))).toBe(true);
    expect([row.slice(at('Source')).split(/ {2,}/), rows.some((line) => line.includes('configuration'))]).toEqual([
      ['demo', 'client_secret_basic', 'Demo Confidential Client'],
      true,
    ]);
    expect(await recordsOf('client list')).toHaveLength(rows.length);
    expect(JSON.stringify(await recordsOf('client list'))).toContain('"stringValue":"client demo-confidential-client"');
  });

  it('find the stack of the folder, and make a client whose secret is shown once or written into a file of its own', async () => {
    const [shown, filed] = [unique('worker'), unique('worker')];
    const made = await document(`client create ${shown} ${WORKER}`, clientCreateSchema);
    expect(await tokenWith(shown, String(made['client_secret']))).toBe(200);
    const { out } = await call(['client', 'create', filed, ...WORKER.split(' '), '--secret-out', 'worker.secret']);
    const file = join(project, 'worker.secret');
    const secret = (await readFile(file, 'utf8')).trimEnd();
    expect([await tokenWith(filed, secret), (await stat(file)).mode & 0o777, out.includes(secret)]).toEqual([200, 0o600, false]);
  });

  it('make a client that proves itself by a private key of its own, and refuse what Identity does not offer by the name of the flag', async () => {
    const [id, key] = [unique('worker'), await assertionKey()];
    await writeFile(join(project, 'jwks.json'), JSON.stringify({ keys: [key.jwk] }));
    await document(`client create ${id} --auth private_key_jwt --jwks-file jwks.json ${WORKER}`, clientCreateSchema);
    const proof = await key.form(id, { claims: { aud: ISSUER } });
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'kms:read', ...proof });
    expect((await running.fetch(`${ISSUER}/oauth2/token`, { method: 'POST', body })).status).toBe(200);

    await writeFile(join(project, 'none.json'), '[]');
    for (const [flags, code, message] of [
      ['--auth private_key_jwt', 2, /--jwks-file is missing/],
      ['--auth private_key_jwt --jwks-file none.json', 64, /none\.json of --jwks-file is no JSON object/],
      ['--auth private_key_jwt --jwks-file absent.json', 64, /absent\.json of --jwks-file cannot be read/],
      ['--auth tls_client_auth --certificate worker.example', 64, /san_dns=worker\.example/],
      ['--auth tls_client_auth --certificate san_ip=worker', 2, /--certificate is in no form/],
      ['--auth tls_client_auth --certificate san_dns=worker.example', 2, /asks for no client certificate/],
      ['--id-token-alg RS256', 2, /--id-token-alg must be ES256[^]*signing\.algorithms/],
      ['--introspection-alg PS256', 2, /--introspection-alg must be ES256[^]*signing\.algorithms/],
      [
        '--auth client_secret_basic --keep-refresh-tokens',
        2,
        /--keep-refresh-tokens asks for refresh tokens that stay, which takes\s+private_key_jwt or tls_client_auth: this client proves itself by client_secret_basic/,
      ],
      ['--jwks-uri https://client.example/jwks.json --auth private_key_jwt', 2, /jwks_uri is never reached/],
    ] as const) {
      const refused = await call(['client', 'create', unique('worker'), ...flags.split(' '), ...WORKER.split(' ')]);
      expect([flags, refused.code, refused.err]).toEqual([flags, code, expect.stringMatching(message)]);
    }
  });

  it('take back what a client was told, and go from its keys to another form of them', async () => {
    const [id, key, other] = [unique('worker'), await assertionKey(), await assertionKey()];
    await writeFile(join(project, 'jwks.json'), JSON.stringify({ keys: [key.jwk] }));
    await writeFile(join(project, 'other.json'), JSON.stringify({ keys: [other.jwk] }));
    await document(`client create ${id} --auth private_key_jwt --jwks-file jwks.json ${WORKER}`, clientCreateSchema);
    const { client: before } = await document(`client show ${id}`, clientShowSchema);
    const given = '--require-par --keep-refresh-tokens --id-token-alg ES256 --introspection-alg ES256';
    for (const back of [
      '--no-require-par --no-keep-refresh-tokens --clear id-token-alg introspection-alg',
      '--clear require-par keep-refresh-tokens id-token-alg introspection-alg',
    ]) {
      const { client } = await document(`client change ${id} --jwks-file other.json ${given}`, clientChangeSchema);
      expect(client).toMatchObject({ jwks: { keys: [other.jwk] }, rotate_refresh_tokens: false, id_token_signed_response_alg: 'ES256' });
      expect((await document(`client change ${id} --jwks-file jwks.json ${back}`, clientChangeSchema))['client']).toEqual(before);
    }
    const uri = 'https://app.example/jwks.json';
    const moved = await document(`client change ${id} --jwks-uri ${uri}`, clientChangeSchema);
    expect(moved['client']).toMatchObject({ jwks: null, jwks_uri: uri });
    expect((await document(`client change ${id} --jwks-file jwks.json`, clientChangeSchema))['client']).toEqual(before);
  });

  it('let one name of a certificate take the place of another', () => {
    expect(displaced({ tls_client_auth_san_dns: 'a.example' })).toEqual({
      tls_client_auth_subject_dn: null,
      tls_client_auth_san_uri: null,
      tls_client_auth_san_email: null,
      tls_client_auth_san_ip: null,
    });
    expect(displaced({ require_pushed_authorization_requests: true })).toEqual({});
  });

  it('make no client where its secret could not be kept, and leave no file where no client was made', async () => {
    const id = unique('worker');
    await writeFile(join(project, 'there'), 'already');
    const kept = await call(['client', 'create', id, ...WORKER.split(' '), '--secret-out', 'there']);
    expect([kept.code, kept.err]).toEqual([64, expect.stringMatching(/the file there of --secret-out is there already/)]);
    const refused = await call(['client', 'create', id, '--grant', 'client_credentials', '--secret-out', 'nothing']);
    expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/--tenant is missing/)]);
    await expect(stat(join(project, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await call(['client', 'show', id])).err).toMatch(/There is no client with this id/);
    const out = await openSecretOut('closed', project);
    await out[Symbol.asyncDispose]();
    await expect(out.write('secret', `passthru client rotate-secret ${id}`)).rejects.toMatchObject({
      code: 'secret-unwritten',
      fix: expect.stringContaining(`\`passthru client rotate-secret ${id}\``),
    });
  });

  it('list, show and change a client, in what the flags name, and where it is as it was shown', async () => {
    const id = unique('app');
    await document(
      `client create ${id} --auth none --type native --grant authorization_code --redirect-uri http://127.0.0.1/cb --scope openid --cors-origin https://app.example --access-token-ttl 60`,
      clientCreateSchema,
    );
    const { clients } = (await document('client list', clientListSchema)) as { clients: readonly { client_id: string; source: string }[] };
    expect(
      clients.filter(({ client_id }) => [id, 'passthru-kms', 'demo-public-client'].includes(client_id)).map(({ source }) => source),
    ).toEqual(['configuration', expect.stringMatching(/demo|operator/), expect.stringMatching(/demo|operator/)]);
    const { client: before, etag } = (await document(`client show ${id}`, clientShowSchema)) as { client: object; etag: string };
    const changed = `client change ${id} --redirect-uri http://127.0.0.1/a http://127.0.0.1/b --clear cors-origin access-token-ttl --if-match ${etag}`;
    expect((await document(changed, clientChangeSchema))['client']).toEqual({
      ...before,
      redirect_uris: ['http://127.0.0.1/a', 'http://127.0.0.1/b'],
      cors_origins: [],
      access_token_ttl_seconds: null,
    });
    const late = await call(changed.split(' '));
    expect([late.code, late.err]).toEqual([2, expect.stringMatching(/--if-match does not name/)]);
    const lines = (await call(['client', 'show', id])).out;
    expect(lines).toMatch(/^redirect_uris +http:\/\/127\.0\.0\.1\/a http:\/\/127\.0\.0\.1\/b$/m);
  });

  it.each([
    ['--redirect-uri http://127.0.0.1:80/#x', /--redirect-uri has a fragment/],
    ['--first-party', /--first-party is not for a native application/],
    ['--no-pkce', /--no-pkce asks for codes without PKCE, and nothing else protects/],
    ['--auth client_secret_post', /--auth cannot come to be client_secret_post/],
    ['', /there is nothing to change/],
  ])('say in words of the command line why a change is refused: %j', async (flags, reason) => {
    const id = unique('app');
    const native = '--auth none --type native --grant authorization_code --redirect-uri http://127.0.0.1/cb --scope openid';
    await call(`client create ${id} ${native}`.split(' '));
    const refused = await call(`client change ${id} ${flags}`.trim().split(' '));
    expect([refused.code === 0, refused.err]).toEqual([false, expect.stringMatching(reason)]);
  });

  it('show when the secret of a client was made, in words', async () => {
    const id = unique('worker');
    await call(`client create ${id} ${WORKER}`.split(' '));
    const made = /^secret +made at \d{4}-[^ ]+Z$/m;
    expect((await call(['client', 'show', id])).out).toMatch(made);
    await call(['client', 'rotate-secret', id]);
    expect((await call(['client', 'show', id])).out).toMatch(/^secret +made at \S+Z, and the one before is good until \S+Z$/m);
  });

  it('rotate a secret with an overlap, end the one before, and disable, enable and remove the client', async () => {
    const id = unique('worker');
    const first = String((await document(`client create ${id} ${WORKER}`, clientCreateSchema))['client_secret']);
    const rotated = await document(`client rotate-secret ${id} --overlap 24h`, clientSecretSchema);
    const second = String(rotated['client_secret']);
    expect([await tokenWith(id, first), await tokenWith(id, second)]).toEqual([200, 200]);
    expect((await call(['client', 'rotate-secret', id])).err).toMatch(
      /The secret before is still good[^]*--end-previous[^]*--replace-newest/,
    );
    const ended = await document(`client rotate-secret ${id} --end-previous`, clientSecretSchema);
    expect([ended['client_secret'], await tokenWith(id, first), await tokenWith(id, second)]).toEqual([null, 401, 200]);
    await document(`client rotate-secret ${id} --overlap 0 --secret-out ${id}`, clientSecretSchema);
    expect([await tokenWith(id, second), await tokenWith(id, (await readFile(join(project, id), 'utf8')).trimEnd())]).toEqual([401, 200]);
    expect((await document(`client disable ${id}`, clientChangeSchema))['client']).toMatchObject({ disabled: true });
    expect((await document(`client enable ${id}`, clientChangeSchema))['client']).toMatchObject({ disabled: false });
    await document(`client remove ${id}`, clientChangeSchema);
    expect((await call(['client', 'remove', id])).err).toMatch(/There is no client with this id/);
  });

  it('say what is missing where there is no stack and no operator is named', async () => {
    const { code, err } = await call(['client', 'list'], running.directory);
    expect([code, err]).toEqual([64, expect.stringMatching(/--operator is missing, and there is no stack here[^]*--state-dir/)]);
    const named = await call(['client', 'list', '--state-dir', 'nowhere']);
    expect([named.code, named.err]).toEqual([64, expect.stringMatching(/there is no stack in\s+\S+nowhere/)]);
  });

  it('find a stack from anywhere by its state folder, and take the listener of it where an operator is named, too', async () => {
    const stateDir = join(project, '.passthru');
    const elsewhere = running.directory;
    for (const words of [
      ['client', 'list'],
      ['account', 'list'],
      ['signing-key', 'list'],
      ['client', 'show', 'passthru-kms'],
    ]) {
      const { code, err } = await call([...words, '--state-dir', stateDir], elsewhere);
      expect([words, code, err]).toEqual([words, 0, '']);
    }
    const operator = ['--operator', join(stateDir, 'tls')];
    expect((await call(['client', 'list', '--state-dir', '.passthru', ...operator])).code).toBe(0);
  });

  it('name --url where nobody answers at a listener that nobody named', async () => {
    const stateDir = join(running.directory, 'stopped');
    await cp(join(project, '.passthru'), stateDir, { recursive: true });
    const record = { version: 1, engine: 'embedded', state_dir: stateDir, port_kms: 18_081, port_step: 1_000, profile: 'demo' };
    await writeFile(join(stateDir, 'config', 'stack.json'), JSON.stringify({ ...record, port_identity: 1 }));
    const { code, err } = await call(['client', 'list', '--state-dir', stateDir]);
    expect([code, err]).toEqual([2, expect.stringMatching(/connection-refused[^]*--state-dir[^]*--url/)]);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(`passthru up --state-dir ${stateDir}\``);
  });
});

describe('Commands for accounts', () => {
  it('list, show, disable and enable an account by its name or id, set its password, and remove it', async () => {
    const username = unique('ann');
    await writeFile(join(project, 'password'), unique('password'), { mode: 0o600 });
    const made = await call(
      `account create ${username} --tenant ${randomUUID()} --email ann@example.org --role user --password-file password`.split(' '),
    );
    expect([made.code, made.err]).toEqual([0, '']);
    const { accounts } = (await document('account list', accountListSchema)) as { accounts: readonly { id: string; username: string }[] };
    expect(accounts.map((account) => account.username)).toEqual(expect.arrayContaining([username, 'demo-user']));
    const id = String(accounts.find((account) => account.username === username)?.id);
    expect((await document(`account disable ${username}`, accountChangeSchema))['account']).toMatchObject({ id, disabled: true });
    expect((await document(`account enable ${id}`, accountChangeSchema))['account']).toMatchObject({ username, disabled: false });
    await document(`account set-password ${username} --password-file password`, accountChangeSchema);
    await writeFile(join(project, 'password'), 'short', { mode: 0o600 });
    const short = await call(`account set-password ${username} --password-file password`.split(' '));
    expect([short.code, short.err]).toEqual([2, expect.stringMatching(/the password of --password-file must NOT have fewer than 12/)]);
    expect((await call(['account', 'show', username])).out).toMatch(new RegExp(`^username +${username}$`, 'm'));
    const listed = (await call(['account', 'list'])).out;
    expect(listed).toMatch(/^User name +State +Roles +Second factors +Of the demo +Id$/m);
    expect(listed).toMatch(new RegExp(`^${username} +enabled +\\S.* +- +no +${id}$`, 'm'));
    expect(JSON.stringify(await recordsOf('account list'))).toContain(`"stringValue":"account ${id}"`);
    expect((await call(['account', 'disable', username])).out).toBe(`Disabled account ${username} (${id})\n`);
    await document(`account remove ${username}`, accountChangeSchema);
    expect((await call(['account', 'show', username])).err).toMatch(/There is no account/);
    expect((await call(['account', 'disable', 'demo-user'])).err).toMatch(/The account demo-user is part of the demo/);
  });

  it('show that an account has a second factor, remove it for somebody who has lost it, and tell so in the log', async () => {
    const [username, password] = [unique('ann'), unique('password')];
    await writeFile(join(project, 'password'), password, { mode: 0o600 });
    await call(`account create ${username} --tenant ${randomUUID()} --email ann@example.org --password-file password`.split(' '));
    const browser = createBrowser({ fetch: running.fetch, origin: ISSUER });
    await submitTo(browser, await browser.visit('/account/login'), '/account/login', { username, password });
    await addApp(browser, (secret) => codeOf(secret, Date.now()));
    expect((await call(['account', 'show', username])).out).toMatch(/^second_factors +totp$/m);
    const { account } = (await document(`account reset-factors ${username}`, accountChangeSchema)) as { account: { id: string } };
    expect(account).toMatchObject({ username, second_factors: [] });
    expect(told).toContainEqual([
      'an operator removed the second factors of an account',
      expect.objectContaining({ account_id: account.id }),
    ]);
    const again = await call(['account', 'reset-factors', username]);
    expect([again.code === 0, again.err]).toEqual([false, expect.stringMatching(/This account has no second factor/)]);
    expect((await call(['account', 'reset-factors', 'demo-two-factor'])).err).toMatch(/is part of the demo/);
  });
});

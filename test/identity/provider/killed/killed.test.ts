import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HttpsResponse } from '#infra/http/client.ts';
import { identityMigrations } from '#identity/database/migrations.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { encryptionKeyOf } from '#identity/keys/encryption-keys.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { aClient, anAccount, REDIRECT, startProvider, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';
import { oneConnection } from '#test/identity/support/one-connection.ts';
import type { ReplicaOfTest } from './provider-process.ts';

const CHILD = new URL('./provider-process.ts', import.meta.url).pathname;
/** All these processes load the same modules. */
const COMPILE_CACHE = join(tmpdir(), 'passthru-test-compile-cache');
const TOKEN = '/oauth2/token';

type Form = Readonly<Record<string, string>>;

const errorOf = (response: HttpsResponse): string => response.json<{ error?: string }>().error ?? String(response.status);

/** By the transactions of the token endpoint: the first uses the code or token up, the second writes the new refresh token. */
const MOMENTS = { used: 1, written: 2 } as const;

describe.each(databaseKinds())('a replica of Identity that is killed at the token endpoint, on %s', (kind) => {
  const opened = new AsyncDisposableStack();
  const [account, client] = [anAccount(), aClient()];
  let provider: TestProvider;
  let shared: Omit<ReplicaOfTest, 'killAfter'>;
  let grantsOf: () => Promise<number>;
  const doomed: { child: ChildProcess; ready: Promise<unknown[]>; killAfter: number }[] = [];

  beforeAll(async () => {
    const databases = opened.use(await withDatabases(kind));
    const database = await databases.databases.open<IdentityTables>('identity', identityMigrations);
    const [cookieKey, encryptionKey] = [randomBytes(32).toString('base64url'), randomBytes(32)];
    provider = opened.use(await startProvider(database, { cookieKeys: [cookieKey], encryptionKeys: [encryptionKeyOf(encryptionKey)] }));
    provider.register(account, client);
    grantsOf = async () => (await database.db.selectFrom('oidc_payloads').select('id_hash').where('model', '=', 'Grant').execute()).length;
    shared = { database: databases.config, cookieKey, encryptionKey: encryptionKey.toString('base64url'), account, client };
    // All at once: most of their time is the loading of modules.
    for (const killAfter of [MOMENTS.used, MOMENTS.written, MOMENTS.used, MOMENTS.written]) {
      const child = fork(CHILD, [JSON.stringify({ ...shared, killAfter } satisfies ReplicaOfTest)], {
        env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      opened.defer(() => void child.kill('SIGKILL'));
      doomed.push({ child, ready: once(child, 'message'), killAfter });
    }
    await Promise.all(doomed.map(({ ready }) => ready));
  }, 60_000);
  afterAll(() => opened.disposeAsync());

  /** Sends a form to a replica that dies of it. */
  const postAndKill = async (form: Form, killAfter: number): Promise<void> => {
    const at = doomed.findIndex((each) => each.killAfter === killAfter);
    const [replica] = doomed.splice(at, 1);
    if (replica === undefined) throw new Error('no replica is left');
    const [address] = (await replica.ready) as [{ ca: string; port: number }];
    const died = once(replica.child, 'exit');
    replica.child.send('count');
    using connection = oneConnection(address);
    await expect(connection.post(TOKEN, { client_id: client.clientId, ...form }, {})).rejects.toThrow(/hang up|ECONNRESET/);
    expect(await died).toEqual([null, 'SIGKILL']);
  };
  const post = (form: Form): Promise<HttpsResponse> => provider.post(TOKEN, form, client);
  const codeForm = async (): Promise<Form> => {
    const attempt = provider.attempt(client);
    const code = await provider.code(attempt, account);
    return { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: attempt.verifier };
  };

  test.each(Object.entries(MOMENTS))(
    'with a code that was %s: the code is good for nothing any more, and its grant is gone',
    async (_when, after) => {
      const form = await codeForm();
      const before = await grantsOf();

      await postAndKill(form, after);

      expect([errorOf(await post(form)), errorOf(await post(form))]).toEqual(['invalid_grant', 'invalid_grant']);
      expect(await grantsOf()).toBe(before - 1);
      // The person logs in again, with the same client.
      expect((await post(await codeForm())).status).toBe(200);
    },
  );

  test.each(Object.entries(MOMENTS))(
    'with a refresh token whose successor was %s: the client repeats the refresh, and has one token that counts once',
    async (_when, after) => {
      const first = (await post(await codeForm())).json<Tokens>();
      const form = { grant_type: 'refresh_token', refresh_token: first.refresh_token };

      await postAndKill(form, after);

      const repeated = await post(form);
      const { refresh_token: successor } = repeated.json<Tokens>();
      expect(repeated.status).toBe(200);
      const next = (await post({ grant_type: 'refresh_token', refresh_token: successor })).json<Tokens>();
      expect(errorOf(await post(form))).toBe('invalid_grant');
      expect(errorOf(await post({ grant_type: 'refresh_token', refresh_token: next.refresh_token }))).toBe('invalid_grant');
    },
  );
});

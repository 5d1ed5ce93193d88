import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { identityFiles, KMS_CLIENT_SECRET } from '#test/support/identity.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const PROCESS = fileURLToPath(new URL('./identity-process.ts', import.meta.url));

const basic = (name: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });
const DEMO_CLIENT = basic('demo-confidential-client', 'demo-confidential-client-password');
const KMS = basic('passthru-kms', KMS_CLIENT_SECRET);

describe('server.workers of Identity', () => {
  it('is refused with SQLite, by its field', async () => {
    await using folder = await temporaryDirectory();
    const { configFiles } = await identityFiles(folder.path, { server: { workers: 2 } });
    await expect(loadIdentityConfig(configFiles)).rejects.toMatchObject({
      code: 'config-invalid',
      fields: [{ field: expect.stringMatching(/#\/server\/workers$/) as string, message: expect.stringContaining('SQLite') as string }],
    });
  });

  // SQLite files have one process.
  it.skipIf(!databaseKinds().includes('postgres'))(
    'has two share a port: what one revoked the other refuses, and both stop at SIGTERM',
    async () => {
      await using test = await withDatabases('postgres');
      await using folder = await temporaryDirectory();
      const { configFiles, tls } = await identityFiles(folder.path, { database: test.config, server: { workers: 2 } });
      const child = spawn(process.execPath, [PROCESS, 'demo', ...configFiles], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      try {
        const ports = new Map<string, number>();
        const log: string[] = [];
        createInterface({ input: child.stdout }).on('line', (line) => {
          log.push(line);
          const { attributes = {} } = JSON.parse(line) as { attributes?: { listener?: string; port?: number } };
          if (attributes.listener !== undefined && attributes.port !== undefined) ports.set(attributes.listener, attributes.port);
        });
        await expect.poll(() => log.filter((line) => line.includes('is up: process')).length, { timeout: 50_000 }).toBe(2);

        const ca = await readFile(tls.caFile, 'utf8');
        await using one = createHttpsClient({ ca });
        await using two = createHttpsClient({ ca });
        const url = `https://localhost:${ports.get('public')}`;
        const post = (by: typeof one, path: string, headers: Record<string, string>, form: Record<string, string>) =>
          by.request({ method: 'POST', url: `${url}${path}`, headers, form });
        const request = { grant_type: 'client_credentials', resource: 'urn:passthru:kms' };
        const token = (await post(one, '/oauth2/token', DEMO_CLIENT, request)).json<{ access_token: string }>().access_token;
        const isActive = async (by: typeof one) =>
          (await post(by, '/oauth2/introspect', KMS, { token })).json<{ active: boolean }>().active;
        expect([await isActive(one), await isActive(two)]).toEqual([true, true]);
        expect((await post(two, '/oauth2/revoke', DEMO_CLIENT, { token })).status).toBe(200);
        expect([await isActive(one), await isActive(two)]).toEqual([false, false]);

        const leaf = tls.leaf('client');
        const [cert, key] = await Promise.all([readFile(leaf.cert, 'utf8'), readFile(leaf.key, 'utf8')]);
        await using operator = createHttpsClient({ ca, cert, key });
        const { text } = await operator.request({ url: `https://localhost:${ports.get('admin')}/metrics` });
        for (const worker of [1, 2])
          expect(text).toMatch(new RegExp(`^http_server_request_duration_seconds_count\\{worker="${worker}",`, 'm'));
        child.kill('SIGTERM');
        expect(await ended).toEqual([0, null]);
      } finally {
        child.kill('SIGKILL');
        await ended;
      }
    },
  );
});

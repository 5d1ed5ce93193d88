import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issuerKeysFlushSchema } from '#cli/documents/issuer-keys.ts';
import { main } from '#cli/main.ts';
import { readFile } from 'node:fs/promises';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { bearer, kmsHouse, type KmsHouse, runKms, type RunningKms } from '#test/kms/support/kms-server.ts';

describe('The keys of the issuers of tokens', () => {
  let house: KmsHouse;
  let kms: RunningKms;
  let token: string;
  beforeAll(async () => {
    house = await kmsHouse({ revocation: 'sensitive-only' });
    kms = await runKms(house);
    token = await house.issuer.token((await kms.tenants())['demo'] ?? '');
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  const list = async (): Promise<number> => (await kms.send('/service/api/v1/elastic-keys', { headers: bearer(token) })).status;
  const flush = (send = kms.sendAdmin) => send('/admin/v1/issuer-keys/flush', { method: 'POST' });

  it('are forgotten with every token that they verified, and fetched anew: one that the issuer withdrew counts no more', async () => {
    expect(await list()).toBe(200);
    const { jwks, publicKeys } = house.issuer;
    house.issuer.jwks = { keys: [publicKeys[1]] };
    expect(await list()).toBe(200);
    expect((await flush()).json()).toEqual({ issuers: [{ issuer: house.issuer.issuer, keys: 1, cause: null }] });
    expect(await list()).toBe(401);
    house.issuer.jwks = jwks;
    await flush();
    expect(await list()).toBe(200);
  });

  it('are none after a flush while the issuer does not answer, whatever was remembered', async () => {
    house.issuer.jwksStatus = 500;
    expect((await flush()).json()).toMatchObject({ issuers: [{ keys: 0, cause: expect.stringContaining('500') }] });
    expect(await list()).toBe(503);
    house.issuer.jwksStatus = 200;
    await flush();
    expect(await list()).toBe(200);
  });

  it('are flushed by operators alone', async () => {
    expect((await flush(kms.send)).status).toBe(404);
    const client = await house.client('passthru-kms');
    const { status } = await client.request({ method: 'POST', url: `${kms.adminUrl}/admin/v1/issuer-keys/flush` });
    expect(status).toBe(403);
  });

  it('are flushed by a command, whose document has the schema that is published', async () => {
    const operator = join(house.folder, 'operator');
    await mkdir(operator);
    const { cert, key } = { cert: join(house.folder, 'tls', 'passthru-cli.pem'), key: join(house.folder, 'tls', 'passthru-cli.key') };
    await writeFile(join(operator, 'ca.pem'), house.ca);
    await writeFile(join(operator, 'cli-client.pem'), await readFile(cert));
    await writeFile(join(operator, 'cli-client.key'), await readFile(key), { mode: 0o600 });
    const call = async (...more: readonly string[]): Promise<string> => {
      const cli = fakeProcess({ cwd: house.folder, env: {} });
      await main(['issuer-keys', 'flush', '--operator', operator, '--url', kms.adminUrl, ...more], cli);
      const code = process.exitCode;
      process.exitCode = 0;
      expect([code, cli.written.err]).toEqual([0, '']);
      return cli.written.out;
    };
    expect(await call()).toContain(`${house.issuer.issuer}  1 keys`);
    const document: unknown = JSON.parse(await call('--output', 'json'));
    expect(new Ajv2020({ strict: false }).validate(issuerKeysFlushSchema, document)).toBe(true);
    expect(document).toMatchObject({ command: 'issuer-keys flush', exit_code: 0, issuers: [{ keys: 1, cause: null }] });
  });
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sinkConfigSchema } from '#engine/embedded/otlp-sink/config.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import { loadConfig } from '#infra/config/load-config.ts';
import { readSecret } from '#infra/files/secret-file.ts';
import { combineShares } from '#infra/secrets/unseal-shares.ts';
import { readTls } from '#infra/tls/options.ts';
import { loadKmsConfig } from '#kms/config.ts';
import { ROOT, testStack, type TestStack } from '#test/support/engine.ts';

const prepared = async (
  options: Parameters<TestStack['engine']>[0] = {},
): Promise<TestStack & { readonly files: (service: string) => string[] }> => {
  const stack = await testStack();
  const result = await stack.engine({ packageRoot: ROOT, ...options }).prepare(new AbortController().signal);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  const files = (service: string) => [
    join(ROOT, 'deployments', service, 'config', `${service}.yml`),
    join(stack.stateDir, 'config', `${service}.yml`),
  ];
  return { ...stack, files };
};

describe('the configuration that a stack lays over the delivered one', () => {
  it('is one that the KMS takes, with every file in its place', async () => {
    await using stack = await prepared();
    const config = await loadKmsConfig(stack.files('kms'));
    expect(config.server.port).toBe(stack.portKms);
    expect(config.server.swagger).toBe(true);
    expect(config.admin.port).toBe(stack.portKms + 1000);
    expect(config.database).toEqual({ kind: 'sqlite', directory: join(stack.stateDir, 'data', 'kms'), durability: 'process' });
    expect(config.telemetry?.endpoint).toBe(`https://localhost:${stack.portKms + 2000}`);
    expect(await combineShares(await Promise.all(config.unseal.share_files.map((file) => readSecret(file))))).toHaveLength(32);
    const [issuer, partner, ...others] = config.identity.issuers;
    expect(others).toEqual([]);
    expect(issuer?.tenants).toBe('others');
    expect(partner).toMatchObject({
      name: 'partner',
      issuer: `https://localhost:${stack.portIdentity + 3000}`,
      tenants: ['demo-other'],
      required: false,
    });
    expect(issuer?.issuer).toBe(`https://localhost:${stack.portIdentity}`);
    for (const url of [issuer?.jwks_uri, issuer?.revocation.introspection_endpoint]) expect(url).toContain(`${issuer?.issuer}/`);
    expect(issuer?.revocation).toMatchObject({
      mode: 'feed',
      feed: { uri: `https://localhost:${stack.portIdentity + 2000}/feed/v1/revocations` },
    });
    expect(issuer?.ca).toBe(stack.engine().endpoints().caFile);
    for (const files of [config.server.tls, config.admin.tls, config.identity.tls, config.telemetry?.tls]) {
      if (files === undefined) throw new Error('no TLS files');
      expect((await readTls(files)).cert).toContain('BEGIN CERTIFICATE');
    }
  });

  it('leaves the Swagger UI of a production service switched off, and names no address of it', async () => {
    await using stack = await prepared({ profile: 'prod' });
    expect((await loadKmsConfig(stack.files('kms'))).server.swagger).toBe(false);
    expect(stack.engine({ profile: 'prod' }).endpoints().kms.swagger).toBeNull();
  });

  it('is one that Identity takes, and gives both sides the same client secret', async () => {
    await using stack = await prepared();
    const config = await loadIdentityConfig(stack.files('identity'));
    expect(config.issuer).toBe(`https://localhost:${stack.portIdentity}`);
    expect(config.server.port).toBe(stack.portIdentity);
    expect(config.admin.port).toBe(stack.portIdentity + 1000);
    expect(config.feed).toMatchObject({ host: '127.0.0.1', port: stack.portIdentity + 2000, clients: [{ common_name: 'passthru-kms' }] });
    expect(await readSecret(config.secrets.cookie_keys_file)).toMatch(/^[\w-]{43}$/);
    const [client] = config.service_clients;
    const kms = await loadKmsConfig(stack.files('kms'));
    expect(client?.client_id).toBe(kms.identity.issuers[0]?.revocation.client_id);
    expect(client?.secret_file).toBe(kms.identity.issuers[0]?.revocation.client_secret_file);
    expect(await readSecret(client?.secret_file ?? '')).toMatch(/^[\w-]{43}$/);
  });

  it('is one that the second Identity takes, whose secrets are its own', async () => {
    await using stack = await prepared();
    const [first, second] = await Promise.all([
      loadIdentityConfig(stack.files('identity')),
      loadIdentityConfig([stack.files('identity')[0] ?? '', join(stack.stateDir, 'config', 'partner.yml')]),
    ]);
    expect(second.issuer).toBe(`https://localhost:${stack.portIdentity + 3000}`);
    expect(second.database).toEqual({ kind: 'sqlite', directory: join(stack.stateDir, 'data', 'partner'), durability: 'process' });
    expect(second.telemetry).toBeUndefined();
    const secretsOf = ({ secrets, service_clients: clients }: typeof first) =>
      Promise.all([secrets.cookie_keys_file, ...clients.flatMap(({ secret_file: file }) => file ?? [])].map((file) => readSecret(file)));
    expect(new Set([...(await secretsOf(first)), ...(await secretsOf(second))]).size).toBe(4);
    const kms = await loadKmsConfig(stack.files('kms'));
    expect(kms.identity.issuers[1]?.revocation.client_secret_file).toBe(second.service_clients[0]?.secret_file);
  });

  it('knows no second Identity in production', async () => {
    await using stack = await prepared({ profile: 'prod', demoSeed: false });
    expect((await loadKmsConfig(stack.files('kms'))).identity.issuers).toMatchObject([{ tenants: '*' }]);
  });

  it('is one that the telemetry sink takes', async () => {
    await using stack = await prepared();
    const config = await loadConfig({ schema: sinkConfigSchema, files: stack.files('telemetry').slice(1), what: 'sink' });
    expect(config.server.port).toBe(stack.portKms + 2000);
    expect(config.directory).toBe(join(stack.stateDir, 'data', 'telemetry'));
  });

  it('holds no secret itself', async () => {
    await using stack = await prepared();
    const secrets = await readdir(join(stack.stateDir, 'secrets'));
    for (const config of await readdir(join(stack.stateDir, 'config'))) {
      const text = await readFile(join(stack.stateDir, 'config', config), 'utf8');
      for (const secret of secrets) expect(text).not.toContain(await readSecret(join(stack.stateDir, 'secrets', secret)));
    }
  });
});

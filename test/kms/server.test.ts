import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type KmsConfig, loadKmsConfig } from '#kms/config.ts';
import { basic, KMS_CONFIG_FOLDER, kmsHouse, runKms } from '#test/kms/support/kms-server.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

describe('kms.yml', () => {
  it('is valid as delivered, with paths relative to itself', async () => {
    const config = await loadKmsConfig([join(KMS_CONFIG_FOLDER, 'kms.yml')]);
    expect(config).toMatchObject({
      server: { host: '127.0.0.1', port: 8081, swagger: false },
      admin: { port: 9081, allowed_clients: ['passthru-cli'] },
      realms_file: join(KMS_CONFIG_FOLDER, 'realms.yml'),
      errors: { detail: 'detailed' },
    });
    expect(config.server.tls.ca).toBe(join(KMS_CONFIG_FOLDER, '../secrets/ca.pem'));
    expect(config.unseal.share_files[0]).toBe(join(KMS_CONFIG_FOLDER, '../secrets/kms-unseal-share-1'));
  });

  it.each([
    ['an http issuer', 'identity: { issuers: [{ issuer: "http://localhost:8082" }] }', '/identity/issuers/0/issuer'],
    ['an http address of keys', 'identity: { issuers: [{ jwks_uri: "http://localhost:8082/jwks" }] }', '/identity/issuers/0/jwks_uri'],
    [
      'an http address of introspection',
      'identity: { issuers: [{ revocation: { introspection_endpoint: "http://localhost:8082/introspect" } }] }',
      '/identity/issuers/0/revocation/introspection_endpoint',
    ],
    ['a clock skew above 30 s', 'identity: { issuers: [{ clock_skew_seconds: 31 }] }', '/identity/issuers/0/clock_skew_seconds'],
    ['an unknown key', 'server: { prot: 1 }', '/server/prot'],
    ['a port that is text', 'server: { port: "8081" }', '/server/port'],
    ['an unknown revocation mode', 'identity: { issuers: [{ revocation: { mode: whenever } }] }', '/identity/issuers/0/revocation/mode'],
  ])('refuses %s in an overlay and names file and field', async (_, overlay, pointer) => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'overlay.yml');
    await writeFile(file, overlay);
    const error = await loadKmsConfig([join(KMS_CONFIG_FOLDER, 'kms.yml'), file]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config-invalid' });
    expect((error as { fields: { field: string }[] }).fields.map((issue) => issue.field)).toContain(`overlay.yml#${pointer}`);
  });
});

describe('a KMS that cannot start', () => {
  it.each<[string, (config: KmsConfig) => void, string]>([
    [
      'whose unseal share is not there',
      (config) => void (config.unseal.share_files = ['/nonexistent/share-1', '/nonexistent/share-2']),
      'secret-unreadable',
    ],
    [
      'that has one share of two',
      (config) =>
        void (config.unseal = { accept_older_databases: false, adopt_rows: false, share_files: config.unseal.share_files.slice(0, 1) }),
      'unseal-shares-too-few',
    ],
    ['that is sealed, with demo data to make,', (config) => void config.unseal.share_files.pop(), 'sealed'],
    ['whose realms file is not there', (config) => void (config.realms_file = '/nonexistent/realms.yml'), 'config-unreadable'],
    ['whose seed is not there', (config) => void (config.demo.seed_file = '/nonexistent/seed.yml'), 'config-unreadable'],
  ])('%s says why', async (_, change, code) => {
    await using house = await kmsHouse({ change });
    await expect(runKms(house)).rejects.toMatchObject({ code });
  });

  it('because its shares are those of another database says so, and leaves the database as it was', async () => {
    await using house = await kmsHouse();
    {
      await using first = await runKms(house);
      expect((await first.send('/readyz')).status).toBe(200);
    }
    await using stranger = await kmsHouse();
    const mixed = { ...house, config: { ...house.config, unseal: stranger.config.unseal } };
    await expect(runKms(mixed)).rejects.toMatchObject({ code: 'unseal-failed' });
    await using again = await runKms(house);
    expect((await again.send('/readyz')).status).toBe(200);
  });
});

describe('the API description', () => {
  interface Operation {
    readonly summary?: string;
    readonly operationId?: string;
    readonly responses?: Readonly<Record<string, unknown>>;
  }

  it('is OpenAPI 3.1 with every route of the service, each with a summary, and the three ways to log in', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house);
    const document = (await kms.send('/openapi.json')).json<{
      openapi: string;
      paths: Record<string, Record<string, Operation>>;
      components: { securitySchemes: object };
      security: object[];
    }>();
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(Object.keys(document.components.securitySchemes)).toEqual(['bearer', 'basic', 'certificate']);
    expect(document.security).toHaveLength(3);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/service/api/v1/elastic-keys', '/service/api/v1/elastic-keys/{id}/encrypt', '/livez', '/readyz']),
    );
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations.filter((operation) => operation.summary === undefined)).toEqual([]);
  });

  it('is shown by Swagger UI under a policy that forbids inline script, where that is switched on', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house);
    const page = await kms.send('/ui/swagger/');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    expect(page.headers['content-security-policy']).not.toContain('unsafe');
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>[^<]*\S| style=|<style/);
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) expect([source, (await kms.send(source, { method: 'HEAD' })).status]).toEqual([source, 200]);
  });

  it('lets a person log in from Swagger UI where an issuer has a client for that, and the page ask that issuer alone for the token', async () => {
    const logIn = {
      client_id: 'page',
      redirect_uri: 'https://localhost:8081/ui/swagger/',
      authorization_endpoint: 'https://identity.example/oauth2/authorize',
      token_endpoint: 'https://identity.example/oauth2/token',
    };
    for (const log_in of [logIn, undefined]) {
      await using house = await kmsHouse({
        change: ({ identity }) => void (identity.issuers = identity.issuers.map((issuer) => ({ ...issuer, ...(log_in && { log_in }) }))),
      });
      await using kms = await runKms(house);
      const page = await kms.send('/ui/swagger/');
      const policy = page.headers['content-security-policy'] ?? '';
      expect(/connect-src ([^;]*)/.exec(policy)?.[1]).toBe(log_in ? "'self' https://identity.example" : "'self'");
      expect(page.text.includes('data-token-endpoint="https://identity.example/oauth2/token"')).toBe(log_in !== undefined);
    }
  });

  it.each([true, false])(
    'shows a browser at its root where to go on, Swagger UI where it is: %s; no link leads nowhere',
    async (swagger) => {
      await using house = await kmsHouse({ change: (config) => void (config.server.swagger = swagger) });
      await using kms = await runKms(house);
      const page = await kms.send('/', { headers: { accept: 'text/html' } });
      expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      const { links } = (await kms.send('/')).json<{ readonly links: readonly { readonly path: string }[] }>();
      expect(links.map(({ path }) => path)).toEqual([...(swagger ? ['/ui/swagger/'] : []), '/openapi.json', '/readyz']);
      for (const { path } of links) {
        expect(page.text).toContain(`<a href="${path}">`);
        expect((await kms.send(path)).status).toBe(200);
      }
    },
  );

  it('has no Swagger UI where that is switched off', async () => {
    await using house = await kmsHouse({ change: (config) => void (config.server.swagger = false) });
    await using kms = await runKms(house);
    expect((await kms.send('/ui/swagger/')).status).toBe(404);
    expect((await kms.send('/openapi.json')).status).toBe(200);
  });
});

describe('the public listener', () => {
  it('limits the requests of one address, but never those for health', async () => {
    await using house = await kmsHouse({
      change: (config) => void (config.server.rate_limit = { max: 5, window_seconds: 60 }),
    });
    await using kms = await runKms(house);
    const statuses: number[] = [];
    for (let i = 0; i < 8; i += 1) statuses.push((await kms.send('/service/api/v1/elastic-keys')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    for (let i = 0; i < 8; i += 1) expect((await kms.send('/livez')).status).toBe(200);
  });

  it('limits the requests of one tenant, whoever asks in its name, and those of no other', async () => {
    await using house = await kmsHouse({ change: (config) => void (config.quotas.requests = { max: 3, window_seconds: 60 }) });
    await using kms = await runKms(house, { elapsed: () => 1_000 });
    const ask = (username: string, password: string) => kms.send('/service/api/v1/algorithms', { headers: basic(username, password) });
    for (const status of [200, 200, 200]) expect((await ask('demo-admin', 'demo-admin-password')).status).toBe(status);
    const refused = await ask('demo-user', 'demo-user-password');
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('20');
    expect(refused.json()).toMatchObject({ code: 'tenant-rate-limited', fix: expect.stringContaining('quotas.requests') });
    expect((await ask('demo-admin', 'wrong')).status).toBe(401);
    expect((await ask('demo-other-user', 'demo-other-user-password')).status).toBe(200);
  });
});

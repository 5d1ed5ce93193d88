import { randomUUIDv7 } from 'node:crypto';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { checkConfig } from '#infra/config/check-config.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { listen } from '#infra/http/server/listen.ts';
import { writeSecret } from '#infra/files/secret-file.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import { issuerConfigSchema } from '#kms/access/tokens/issuer-config.ts';
import { openTrustedIssuers, type TrustedIssuers } from '#kms/access/tokens/trusted-issuers.ts';
import { tokenFacts } from '#test/kms/support/token-facts.ts';
import { makePki, type Pki } from '#test/support/pki.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** An issuer that takes only clients of its own authority, and answers introspection when the test lets it. */
const startIssuer = async (tls: TlsFiles, port = 0) => {
  const app = await createServer({ name: 'issuer', tls, clientCertificate: 'require', telemetry: noTelemetry() });
  const { publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: randomUUIDv7() }] };
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  app.get('/jwks', async () => jwks);
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post('/introspect', async () => {
    asked.resolve();
    await answer.promise;
    return { active: true };
  });
  const { port: listening } = await listen(app, { host: '127.0.0.1', port });
  return { port: listening, asked: asked.promise, answer: answer.resolve, [Symbol.asyncDispose]: () => app.close() };
};

const pkis = async (): Promise<readonly [Pki, Pki]> => {
  const made = await Promise.all([makePki(), makePki()]);
  onTestFinished(async () => void (await Promise.all(made.map((pki) => pki[Symbol.asyncDispose]()))));
  return made;
};

const replace = async (from: TlsFiles, to: TlsFiles): Promise<void> => {
  for (const file of ['ca', 'key', 'cert'] as const) await copyFile(from[file], to[file]);
};

/** The one issuer at this port as the KMS opens it, and what it logs. */
const trusted = async (port: number, tls: TlsFiles, folder: string) => {
  const secretFile = join(folder, 'client-secret');
  await writeSecret(secretFile, randomUUIDv7());
  const issuer = `https://localhost:${port}`;
  const config = checkConfig(
    issuerConfigSchema,
    {
      issuer,
      jwks_uri: `${issuer}/jwks`,
      ca: tls.ca,
      tenants: '*',
      revocation: { mode: 'every-request', introspection_endpoint: `${issuer}/introspect`, client_secret_file: secretFile },
    },
    'test configuration',
  );
  const logged = { infos: [] as string[], errors: [] as string[] };
  const log = {
    ...noTelemetry().log,
    info: (line: string) => void logged.infos.push(line),
    error: (line: string) => void logged.errors.push(line),
  };
  // Each probe is a second after the one before, so that none is answered from memory.
  let elapsed = 0;
  const telemetry = { ...noTelemetry(), log };
  const opened = await openTrustedIssuers({
    configs: [config],
    tls: { cert: tls.cert, key: tls.key },
    required: true,
    telemetry,
    emit: () => {},
    elapsed: () => (elapsed += 1_000),
  });
  return { opened, logged };
};
const probe = async ({ dependencies }: TrustedIssuers): Promise<void> => {
  const [only] = dependencies;
  if (only === undefined) throw new Error('there is one issuer');
  await only.check(AbortSignal.timeout(5_000));
};

describe('connections to an issuer', () => {
  it('are made with the root and the client certificate that are on disk, and what is under way ends as it began', async () => {
    const [old, renewed] = await pkis();
    await using folder = await temporaryDirectory();
    const tls: TlsFiles = { ca: join(folder.path, 'ca.pem'), cert: join(folder.path, 'client.pem'), key: join(folder.path, 'client.key') };
    await replace(old.client, tls);
    const before = await startIssuer(old.server);
    const { opened, logged } = await trusted(before.port, tls, folder.path);
    await using issuers = opened;
    await probe(issuers);

    const use = {
      token: randomUUIDv7(),
      key: boundedKey(randomUUIDv7()),
      expiresAt: Number.MAX_SAFE_INTEGER,
      scope: 'kms:encrypt',
      facts: tokenFacts(),
    } as const;
    const revoked = issuers.issuers[0]?.revocation.isRevoked(use);
    await before.asked;
    await replace(renewed.client, tls);
    await expect.poll(() => logged.infos.join('\n'), { timeout: 5_000, interval: 20 }).toContain('reloaded');
    before.answer();
    expect(await revoked).toBe(false);

    await before[Symbol.asyncDispose]();
    await using after = await startIssuer(renewed.server, before.port);
    await probe(issuers);
    expect(after.port).toBe(before.port);
  });

  it.each<[string, keyof TlsFiles, string]>([
    ['a private key that is none', 'key', 'no key'],
    ['a root that is empty', 'ca', ''],
    ['a root that is no certificate', 'ca', 'no certificate'],
  ])('stay with the old files, and say so, while the new ones hold %s', async (_, file, content) => {
    const [old] = await pkis();
    await using folder = await temporaryDirectory();
    const tls: TlsFiles = { ca: join(folder.path, 'ca.pem'), cert: join(folder.path, 'client.pem'), key: join(folder.path, 'client.key') };
    await replace(old.client, tls);
    await using issuer = await startIssuer(old.server);
    const { opened, logged } = await trusted(issuer.port, tls, folder.path);
    await using issuers = opened;
    await writeFile(tls[file], content);
    await expect.poll(() => logged.errors.join('\n'), { timeout: 5_000, interval: 20 }).toContain('not reloaded, the old ones stay');
    await probe(issuers);
    expect(logged.infos).toEqual([]);
  });
});

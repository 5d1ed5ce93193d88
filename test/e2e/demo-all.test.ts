import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, stat } from 'node:fs/promises';
import { connect, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls';
import { join } from 'node:path';
import { createPrivateKey, randomUUIDv7, X509Certificate } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyApi } from '#client/kms/key.ts';
import type { EvidenceVerifyDocument } from '#cli/documents/evidence.ts';
import type { Report } from '#demo/report.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { verifyFolder } from '#infra/evidence/bundle/main.ts';
import { readBundle } from '#infra/evidence/bundle/read-folder.ts';
import { verifyBundle } from '#infra/evidence/bundle/verify-bundle.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { withOneByteChanged } from '#test/support/evidence.ts';
import { type CliResult, cli, type DemoPlace, demoPlace, kmsOf } from '#test/support/cli.ts';

const SCHEMA = join(import.meta.dirname, '../../docs/schemas/demo-report.schema.json');

let place: DemoPlace;
let first: CliResult;
let report: Report;
let client: HttpsClient;

beforeAll(async () => {
  place = await demoPlace();
  first = await place.run('demo', 'all', '--output', 'json', '--evidence', join(place.folder, 'evidence'));
  report = JSON.parse(first.stdout) as Report;
  client = createHttpsClient({ ca: await readFile(report.ca_file) });
}, 120_000);
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await place?.[Symbol.asyncDispose]();
}, 60_000);

const elasticKey = async (name: string): Promise<string> => {
  const key = await kmsOf(report, client, 'demo-user').elasticKeyNamed(name);
  if (key === undefined) throw new Error(`no elastic key ${name}`);
  return key.id;
};

const handshake = (
  port: number,
  maxVersion: 'TLSv1.2' | 'TLSv1.3',
  ca: Buffer,
): Promise<{ protocol: string; chain: PeerCertificate[] } | string> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost', servername: 'localhost', ca, minVersion: 'TLSv1.2', maxVersion }, () => {
      const chain: PeerCertificate[] = [];
      let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
      while (certificate !== undefined && !chain.includes(certificate)) {
        chain.push(certificate);
        certificate = certificate.issuerCertificate;
      }
      resolve({ protocol: socket.getProtocol() ?? '', chain });
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });

describe('passthru demo all --engine embedded --output json', () => {
  it('passes every step and exits 0', () => {
    expect(report.steps.filter((step) => step.status !== 'passed')).toEqual([]);
    expect([first.code, report.outcome, report.exit_code]).toEqual([0, 'passed', 0]);
  });

  it('prints one document that validates against the published schema', async () => {
    const validate = new Ajv2020({ allErrors: true, validateFormats: false }).compile(JSON.parse(await readFile(SCHEMA, 'utf8')) as object);
    validate(report);
    expect(validate.errors).toBeNull();
    expect(first.stdout.trim().split('\n').at(-1)).toBe('}');
  });

  it('makes at least 40 checks, in every step at least one, each with what was expected and what came', () => {
    expect(report.steps.flatMap((step) => step.checks).length).toBeGreaterThanOrEqual(40);
    for (const step of report.steps) {
      expect(step.checks.length, step.id).toBeGreaterThan(0);
      for (const check of step.checks)
        expect(
          [check.expected, check.got].every((text) => text.length > 0),
          `${step.id} ${check.id}`,
        ).toBe(true);
    }
  });

  it('shows each refusal that the flows promise', () => {
    const checks = report.steps
      .flatMap((step) => step.checks.map((check) => `${step.id}: ${check.title}`))
      .join('\n')
      .toLowerCase();
    for (const word of ['plain', 'verifier', 'replayed', 'redirect', 'expired', 'tampered', 'revoked', 'tenant', 'scope'])
      expect(checks).toContain(word);
  });

  it('leaves a stack that status calls ready, and that a second run finds up and leaves alone', async () => {
    const before = await place.run('status', '--output', 'json');
    expect(before.code).toBe(0);
    const pids = (text: string): unknown => (JSON.parse(text) as { services: { pid: number }[] }).services.map((service) => service.pid);
    const second = await place.run('demo', 'all', '--output', 'json');
    expect(second.code).toBe(0);
    expect(pids((await place.run('status', '--output', 'json')).stdout)).toEqual(pids(before.stdout));
  });

  it('serves with TLS 1.3 on a chain of four certificates of which only the root is self-signed, and refuses TLS 1.2', async () => {
    const ca = await readFile(report.ca_file);
    for (const port of [place.ports.kms, place.ports.identity]) {
      const peer = await handshake(port, 'TLSv1.3', ca);
      if (typeof peer === 'string') throw new Error(peer);
      expect(peer.protocol).toBe('TLSv1.3');
      expect(peer.chain).toHaveLength(4);
      expect(peer.chain.map((each) => new X509Certificate(each.raw)).map((each) => each.issuer === each.subject)).toEqual([
        false,
        false,
        false,
        true,
      ]);
      expect(await handshake(port, 'TLSv1.2', ca)).toContain('PROTOCOL_VERSION');
    }
  });

  it('satisfies openssl, where that program is there', () => {
    const version = ((): string => {
      try {
        return execFileSync('openssl', ['version'], { encoding: 'utf8' });
      } catch {
        if (process.env['CI'] === 'true') throw new Error('openssl is missing, and in CI it must be there');
        console.log('without openssl on this machine its verdict is not asked for');
        return '';
      }
    })();
    if (version === '') return;
    const client1 = (flag: string): string => {
      try {
        const args = [
          's_client',
          '-connect',
          `localhost:${place.ports.kms}`,
          '-servername',
          'localhost',
          '-CAfile',
          report.ca_file,
          '-verify_return_error',
          flag,
        ];
        return execFileSync('openssl', args, { encoding: 'utf8', input: '', stdio: ['pipe', 'pipe', 'pipe'] });
      } catch (error) {
        return `failed ${String((error as { stderr?: string }).stderr)}`;
      }
    };
    expect(client1('-tls1_3')).toContain('Verify return code: 0 (ok)');
    expect(client1('-tls1_2')).toContain('failed');
    const leaf = join(place.stateDir, 'tls/kms.pem');
    expect(execFileSync('openssl', ['verify', '-CAfile', report.ca_file, '-untrusted', leaf, leaf], { encoding: 'utf8' })).toContain(
      ': OK',
    );
  });

  it('makes a ciphertext that is a compact JWE whose kid names the material key', async () => {
    const key = keyApi(kmsOf(report, client, 'demo-user'), await elasticKey('demo-encryption-key'));
    const plaintext = Buffer.from(randomUUIDv7()).toString('base64url');
    const { ciphertext } = await key.encrypt(plaintext);
    expect(ciphertext.split('.')).toHaveLength(5);
    const header = JSON.parse(Buffer.from(ciphertext.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
    expect((await key.versions()).map((version) => version.id)).toContain(header.kid);
    expect(await key.decrypt(ciphertext)).toBe(plaintext);
  });

  it('cannot be opened with its database alone: other unseal shares do not unseal it', async () => {
    await using thief = await demoPlace();
    await thief.run('prepare');
    await cp(join(place.stateDir, 'data/kms'), join(thief.stateDir, 'data/kms'), { recursive: true });
    const evidence = join(thief.folder, 'evidence');
    const run = await thief.run('demo', 'kms', '--health-timeout', '5', '--output', 'json', '--evidence', evidence);
    expect(run.code).toBe(2);
    expect(run.stdout + run.stderr).toContain('unseal');
    // A run that failed leaves its evidence, too, without what it could not have.
    expect(await verifyFolder(evidence)).toMatchObject({
      holds: true,
      run: { outcome: 'failed' },
      missing: [{ what: 'the audit of the KMS' }],
    });
  });

  it('writes no token, password or key to any log or trace', async () => {
    const folder = join(place.stateDir, 'logs');
    const names = (await readdir(place.stateDir, { recursive: true })).filter((name) => /\.(log|jsonl)$/.test(name));
    expect(names.length, folder).toBeGreaterThan(3);
    const secrets = [...report.credentials.map((each) => each.password), ...report.clients.flatMap((each) => each.client_secret ?? [])];
    for (const name of names) {
      const text = await readFile(join(place.stateDir, name), 'utf8');
      for (const secret of secrets) expect(text.includes(secret), `${name} holds a password`).toBe(false);
      expect(text, name).not.toMatch(/eyJ[\w-]{10,}\.[\w-]+\.[\w-]+/);
      expect(text, name).not.toMatch(/PRIVATE KEY|passthru-share-v1/);
    }
  });

  it('keeps every secret in a file that only its owner reads', async () => {
    const files = (await readdir(place.stateDir, { recursive: true })).filter((name) => /^secrets\/|\.key$|\.sqlite$/.test(name));
    expect(files.length).toBeGreaterThan(10);
    const modes = await Promise.all(files.map(async (name) => [name, ((await stat(join(place.stateDir, name))).mode & 0o777).toString(8)]));
    expect(modes.filter(([, mode]) => mode !== '600')).toEqual([]);
  });

  it('refuses a demo on ports that somebody else holds, and names the holder before anything starts', async () => {
    await using other = await demoPlace();
    const flags = [
      '--engine',
      'embedded',
      '--state-dir',
      other.stateDir,
      '--port-kms',
      String(place.ports.kms),
      '--port-identity',
      String(other.ports.identity),
    ];
    const run = await cli(['demo', 'all', ...flags]);
    expect(run.code).toBe(2);
    expect((run.stderr + run.stdout).replaceAll(/\s+/g, ' ')).toMatch(new RegExp(`ports .*${place.ports.kms}.* are held by the stack in `));
    expect(existsSync(join(other.stateDir, 'data/kms'))).toBe(false);
  });

  it('runs beside another demo', async () => {
    await using other = await demoPlace();
    const run = await other.run('demo', 'all', '--output', 'json');
    expect(run.code, run.stdout).toBe(0);
    expect((await place.run('status')).code).toBe(0);
  });
});

describe('the evidence that a demo leaves', () => {
  const folder = () => join(place.folder, 'evidence');
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(folder(), path), 'utf8'));

  it('holds, under the root of the stack, with all that a bundle has', async () => {
    const run = await cli(['evidence', 'verify', folder(), '--ca', report.ca_file, '--output', 'json']);
    expect(JSON.parse(run.stdout)).toMatchObject({
      holds: true,
      outcome: 'passed',
      faults: [],
      missing: [],
      checks: { failed: 0 },
      signer: { name: 'passthru evidence', ca_is_pinned: true },
    });
    expect(run.code).toBe(0);
    const { checks, audit, exchanges } = JSON.parse(run.stdout) as EvidenceVerifyDocument;
    expect(checks.repeated / (checks.repeated + checks.observed)).toBeGreaterThan(0.8);
    expect(audit?.records).toBeGreaterThan(100);
    expect(exchanges).toBeGreaterThan(300);
    const files = await readdir(folder(), { recursive: true });
    for (const path of [
      'README.md',
      'plan.json',
      'events.jsonl',
      'junit.xml',
      'traces.jsonl',
      'certificates/kms.pem',
      'configuration/kms.json',
    ])
      expect(files).toContain(path);
    expect((await readFile(join(folder(), 'traces.jsonl'), 'utf8')).split('\n').length).toBeGreaterThan(300);
  });

  it('is what the published schemas say', async () => {
    const schema = async (name: string) =>
      JSON.parse(await readFile(join(import.meta.dirname, `../../docs/schemas/${name}.schema.json`), 'utf8')) as object;
    const paths = {
      'evidence-manifest': 'manifest.json',
      'evidence-checks': 'checks.json',
      'evidence-exchanges': 'exchanges/kms.crypto.json',
      'demo-report': 'report.json',
    };
    for (const [name, path] of Object.entries(paths)) {
      const validate = new Ajv2020({ allErrors: true, validateFormats: false }).compile(await schema(name));
      validate(await read(path));
      expect(validate.errors, path).toBeNull();
    }
  });

  it('shows each of fifty changes of one byte, in whichever of its files', async () => {
    const { files } = await readBundle(folder());
    const run = randomUUIDv7();
    const changes = Array.from({ length: 50 }, (_, n) => withOneByteChanged(files, `${run} ${n}`));
    expect(
      changes.filter((changed) => verifyBundle(changed.files).holds).map(({ where }) => where),
      run,
    ).toEqual([]);
  });

  it('holds no secret of the stack: no password, share, cookie key, client secret, private key, token or authorization', async () => {
    const { files } = await readBundle(folder());
    const secretFiles = await readdir(join(place.stateDir, 'secrets'));
    const texts = await Promise.all(secretFiles.map((name) => readFile(join(place.stateDir, 'secrets', name), 'utf8')));
    const keyFiles = (await readdir(join(place.stateDir, 'tls'), { recursive: true })).filter((name) => name.endsWith('.key'));
    const keys = await Promise.all(
      keyFiles.map(async (name) => createPrivateKey(await readFile(join(place.stateDir, 'tls', name))).export({ format: 'jwk' }).d ?? ''),
    );
    const known = [
      ...texts.flatMap((text) => text.split(/[^\w+/=.~-]+/)).filter((word) => word.length >= 16),
      ...keys,
      ...report.credentials.map(({ password }) => password),
      ...report.clients.flatMap(({ client_secret: secret }) => secret ?? []),
    ];
    expect(known.length).toBeGreaterThan(30);
    for (const [path, bytes] of files) {
      const text = Buffer.from(bytes).toString();
      expect(
        known.filter((secret) => text.includes(secret)),
        path,
      ).toEqual([]);
      expect(text, path).not.toMatch(/PRIVATE KEY-----/);
      expect(path === 'manifest.jws' ? '' : text, path).not.toMatch(
        /eyJ[\w-]{10,}\.[\w-]*\.[\w-]{16,}|(Basic|Bearer|DPoP) (?!eyJ)[\w+/=.-]{16,}/,
      );
    }
  });
});

describe('passthru', () => {
  it('says which command it does not know, with exit code 64', async () => {
    const run = await cli(['dmeo', 'all']);
    expect(run.code).toBe(64);
    expect(run.stderr).toContain('demo');
  });
});

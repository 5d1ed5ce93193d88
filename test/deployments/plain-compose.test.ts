import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { prepareDeployments } from '#engine/files/mounts/prepare-deployments.ts';
import { stateFolder, type StateFolder } from '#engine/state/state-folder.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { ADMIN_PORT_OFFSET, COLLECTOR_HEALTH_PORT_OFFSET, KMS_RESOURCE, SINK_PORT_OFFSET } from '#infra/magic/magic.ts';
import { type Compose, compose, leftOvers } from '#test/support/compose.ts';
import { copyCheckout } from '#test/support/copy-of-checkout.ts';
import { dockerEngine } from '#test/support/docker.ts';
import { PORTS, valueOf } from '#test/support/mounts.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const run = promisify(execFile);

const FILES = {
  telemetry: 'telemetry/compose.yml',
  identity: 'identity/compose.demo.yml',
  kms: 'kms/compose.demo.yml',
} as const;

const basic = (name: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });

const demo = (name: string) => basic(name, `${name}-password`);

/** Ports of a lane of its own, by the variables of the Compose files. */
const portsByVariable = async () => {
  const { kms, identity } = await reservePorts();
  return {
    KMS: kms,
    KMS_ADMIN: kms + ADMIN_PORT_OFFSET,
    IDENTITY: identity,
    IDENTITY_ADMIN: identity + ADMIN_PORT_OFFSET,
    OTLP: kms + SINK_PORT_OFFSET,
    TELEMETRY_HEALTH: kms + COLLECTOR_HEALTH_PORT_OFFSET,
  };
};

/** A copy of the package, prepared with `passthru prepare`'s own function for ports that are free. */
const preparedPackage = async () => {
  const directory = await temporaryDirectory();
  const packageRoot = join(directory.path, 'package');
  await copyCheckout(packageRoot);
  await run(process.execPath, [join(packageRoot, 'build/bundle.ts')]);
  const ports = await portsByVariable();
  const folder = stateFolder(join(directory.path, `state-${randomUUIDv7()}`));
  const prepare = async () =>
    valueOf(
      await prepareDeployments({
        folder,
        packageRoot,
        ports: { ...PORTS, identity: ports.IDENTITY },
        signal: new AbortController().signal,
        warn: (text) => expect.fail(`a warning where all is well: ${text}`),
      }),
    );
  await prepare();
  const tag = `test-${randomUUIDv7()}`;
  const env = {
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`PASSTHRU_PORT_${name}`, String(port)])),
    PASSTHRU_TAG: tag,
  };
  const at = (name: keyof typeof ports, path: string) => `https://localhost:${ports[name]}${path}`;
  return { ...directory, folder, packageRoot, prepare, tag, env, at };
};

/** A client that trusts the CA of the stack and nothing else; an operator also shows the certificate of the CLI. */
const clientOf = async (folder: StateFolder, who: 'anybody' | 'operator') => {
  const read = (file: string) => readFile(join(folder.tls, file), 'utf8');
  const shown = who === 'anybody' ? {} : { cert: await read('cli-client.pem'), key: await read('cli-client.key') };
  return createHttpsClient({ ca: await read('ca.pem'), ...shown });
};

describe.runIf(await dockerEngine())('docker compose after passthru prepare, without the CLI', () => {
  let stack: Awaited<ReturnType<typeof preparedPackage>>;
  const projects: Compose[] = [];

  const files = (...products: (keyof typeof FILES)[]): Compose => {
    const made = compose({
      project: `g-${randomUUIDv7()}`,
      folder: join(stack.packageRoot, 'deployments'),
      files: products.map((product) => FILES[product]),
      env: stack.env,
    });
    projects.push(made);
    return made;
  };

  beforeAll(async () => {
    stack = await preparedPackage();
    await files('telemetry', 'kms').run('build');
  }, 600_000);
  // Also after a test that failed: the next one wants the same ports.
  afterEach(async () => {
    for (const project of projects.splice(0)) await project.run('down', '--volumes', '--timeout', '5');
  }, 120_000);
  afterAll(async () => {
    await run('docker', [
      'image',
      'rm',
      '--force',
      ...['telemetry', 'identity', 'kms', 'postgres'].map((name) => `passthru-${name}:${stack.tag}`),
    ]);
    await stack[Symbol.asyncDispose]();
  }, 120_000);

  const healthy = async (project: Compose, names: readonly string[]) => {
    await project.run('up', '--detach', '--wait', '--wait-timeout', '120', '--no-build', '--pull', 'never');
    const services = await project.services();
    expect(services.map(({ Service, State, Health }) => `${Service} ${State} ${Health}`).toSorted()).toEqual(
      names.map((name) => `${name} running healthy`),
    );
    return services;
  };

  const tokenOf = async (): Promise<string> => {
    await using client = await clientOf(stack.folder, 'anybody');
    const answer = await client.request({
      method: 'POST',
      url: stack.at('IDENTITY', '/oauth2/token'),
      headers: demo('demo-confidential-client'),
      form: { grant_type: 'client_credentials', scope: 'kms:read', resource: KMS_RESOURCE },
    });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('access_token')]);
    return answer.json<{ access_token: string }>().access_token;
  };

  const identityAnswers = async () => {
    await using client = await clientOf(stack.folder, 'operator');
    const discovery = await client.request({ url: stack.at('IDENTITY', '/.well-known/openid-configuration') });
    expect(discovery.json()).toMatchObject({ issuer: stack.at('IDENTITY', '') });
    expect(JSON.parse(Buffer.from((await tokenOf()).split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      iss: stack.at('IDENTITY', ''),
    });
    for (const [port, path] of [
      ['IDENTITY_ADMIN', '/readyz'],
      ['IDENTITY', '/readyz'],
      ['TELEMETRY_HEALTH', '/readyz'],
    ] as const) {
      expect([port, (await client.request({ url: stack.at(port, path) })).status]).toEqual([port, 200]);
    }
  };

  /** @returns ids of the elastic keys of a demo account: made by the server, so that other data has others */
  const kmsAnswers = async (): Promise<readonly string[]> => {
    await using client = await clientOf(stack.folder, 'anybody');
    await using operator = await clientOf(stack.folder, 'operator');
    const service = stack.at('KMS', '/service/api/v1/elastic-keys');
    const ofUser = await client.request({ url: service, headers: demo('demo-user') });
    expect([ofUser.status, ofUser.text]).toEqual([200, expect.stringContaining('"items"')]);
    const ofClient = await client.request({ url: service, headers: { authorization: `Bearer ${await tokenOf()}` } });
    expect([ofClient.status, ofClient.text]).toEqual([200, expect.stringContaining('"items"')]);
    const wrong = await client.request({ url: service, headers: basic('demo-user', randomUUIDv7()) });
    expect(wrong.status).toBe(401);
    expect((await operator.request({ url: stack.at('KMS_ADMIN', '/readyz') })).status).toBe(200);
    return ofUser.json<{ items: { id: string }[] }>().items.map(({ id }) => id);
  };

  it('brings up Identity, which answers over verified TLS, and down leaves nothing', { timeout: 300_000 }, async () => {
    const project = files('telemetry', 'identity');
    await healthy(project, ['identity', 'identity-postgres', 'telemetry']);
    await identityAnswers();
    await project.run('down', '--volumes');
    expect(await leftOvers(project.project)).toEqual([]);
  });

  it('brings up the KMS with Identity, without which it is not ready, and down leaves nothing', { timeout: 300_000 }, async () => {
    const project = files('telemetry', 'kms');
    await healthy(project, ['identity', 'identity-postgres', 'kms', 'kms-postgres', 'telemetry']);
    await identityAnswers();
    await kmsAnswers();
    await project.run('down', '--volumes');
    expect(await leftOvers(project.project)).toEqual([]);
  });

  it(
    'brings up all three, keeps every container when it is prepared and brought up again, keeps the data',
    { timeout: 300_000 },
    async () => {
      const project = files('telemetry', 'identity', 'kms');
      const names = ['identity', 'identity-postgres', 'kms', 'kms-postgres', 'telemetry'];
      const first = await healthy(project, names);
      await identityAnswers();
      await kmsAnswers();
      await stack.prepare();
      expect((await healthy(project, names)).map(({ ID }) => ID).toSorted()).toEqual(first.map(({ ID }) => ID).toSorted());
      // Containers come and go; the volumes stay, and with the same shares the KMS opens what it wrote.
      await project.run('down');
      expect((await leftOvers(project.project)).every((left) => left.startsWith('volume '))).toBe(true);
      await healthy(project, names);
      await kmsAnswers();
      await project.run('down', '--volumes');
      expect(await leftOvers(project.project)).toEqual([]);
    },
  );
});

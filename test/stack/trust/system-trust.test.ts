import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { SystemKind } from '#stack/trust/system-store.ts';
import { lookAtTrust, rootOfStack, trustRoot, untrustRoot, type TrustOptions } from '#stack/trust/trust-of-stack.ts';
import { nameOf } from '#stack/trust/trust-place.ts';
import { trustHouse, type TrustHouse } from '#test/support/trust.ts';

const run = promisify(execFile);
const UPDATE = 'update-ca-certificates';
const hasUpdate = await run(UPDATE, ['--help']).then(
  () => true,
  (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
);
if (!hasUpdate) process.stderr.write(`The store of a Debian system is not tested: there is no ${UPDATE}\n`);

/** The store of a Debian system, in folders of its own, kept by the program of the system itself. */
const debian = async ({ home, options }: TrustHouse): Promise<{ readonly kind: SystemKind; readonly options: TrustOptions }> => {
  const folders = ['local', 'certs', 'etc', 'hooks'].map((name) => join(home, 'system', name));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  const [local = '', certs = '', etc = '', hooks = ''] = folders;
  const conf = join(home, 'system', 'ca-certificates.conf');
  await writeFile(conf, '');
  const kind: SystemKind = {
    folder: local,
    extension: '.crt',
    update: [UPDATE, '--certsconf', conf, '--certsdir', certs, '--localcertsdir', local, '--etccertsdir', etc, '--hooksdir', hooks],
    bundle: join(etc, 'ca-certificates.crt'),
  };
  return { kind, options: { ...options, stores: ['system'], isAdministrator: true, systemKinds: [kind] } };
};

describe('trust in the store of the system', () => {
  it.runIf(hasUpdate)('is added to the bundle, kept by a second run, and taken back, beside the roots of others', async () => {
    await using house = await trustHouse();
    const { kind, options } = await debian(house);
    const root = await rootOfStack(house.stateDir);
    await using other = await trustHouse();
    const foreign = (await rootOfStack(other.stateDir)).pem;
    await writeFile(join(kind.folder, 'company.crt'), foreign);

    expect((await lookAtTrust(root, options)).map(({ state }) => state)).toEqual(['absent']);
    expect((await trustRoot(root, options)).map(({ state }) => state)).toEqual(['added']);
    expect(await readFile(kind.bundle, 'utf8')).toContain(root.pem.trim());
    expect((await readdir(kind.folder)).toSorted()).toEqual(['company.crt', `${nameOf(root.fingerprint)}.crt`]);
    expect((await trustRoot(root, options)).map(({ state }) => state)).toEqual(['trusted']);

    expect((await untrustRoot(options)).map(({ state }) => state)).toEqual(['removed']);
    expect(await readdir(kind.folder)).toEqual(['company.crt']);
    expect(await readFile(kind.bundle, 'utf8')).not.toContain(root.pem.trim());
    expect(await readFile(kind.bundle, 'utf8')).toContain(foreign.trim());
  });

  it('prints the commands to a user who may not change it, and changes nothing', async () => {
    await using house = await trustHouse();
    const { kind, options } = await debian(house);
    const root = await rootOfStack(house.stateDir);
    const [outcome] = await trustRoot(root, { ...options, isAdministrator: false });
    const file = join(kind.folder, `${nameOf(root.fingerprint)}.crt`);
    expect(outcome).toMatchObject({ state: 'blocked', why: 'only root may change it' });
    expect(outcome?.fix).toBe(`\`sudo cp ${root.file} ${file} && sudo ${kind.update.join(' ')}\``);
    expect(await readdir(kind.folder)).toEqual([]);
  });

  it.runIf(hasUpdate)('takes back what the printed commands put there, which no record tells', async () => {
    await using house = await trustHouse();
    const { kind, options } = await debian(house);
    const root = await rootOfStack(house.stateDir);
    await using other = await trustHouse();
    await writeFile(join(kind.folder, 'company.crt'), (await rootOfStack(other.stateDir)).pem);
    await writeFile(join(kind.folder, `${nameOf(root.fingerprint)}.crt`), root.pem);
    await run(kind.update[0], kind.update.slice(1));
    expect((await lookAtTrust(root, options)).map(({ state }) => state)).toEqual(['trusted']);
    expect((await untrustRoot(options)).map(({ state }) => state)).toEqual(['removed']);
    expect((await lookAtTrust(root, options)).map(({ state }) => state)).toEqual(['absent']);
  });

  it('says what failed where the program of the system fails', async () => {
    await using house = await trustHouse();
    const { kind, options } = await debian(house);
    const root = await rootOfStack(house.stateDir);
    const failing = { ...options, systemKinds: [{ ...kind, update: ['false'] as const }] };
    expect((await trustRoot(root, failing))[0]).toMatchObject({ state: 'failed', why: 'false failed: ' });
  });

  it.each([
    ['darwin', 'security add-trusted-cert'],
    ['win32', 'certutil.exe -user -addstore Root'],
  ] as const)('is for its owner to change on %s: the command is printed', async (platform, command) => {
    await using house = await trustHouse();
    const outcomes = await trustRoot(await rootOfStack(house.stateDir), { ...house.options, stores: ['system'], platform });
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]).toMatchObject({ state: 'blocked' });
    expect(outcomes[0]?.fix).toContain(command);
  });
});

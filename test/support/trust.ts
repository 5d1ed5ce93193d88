import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { prepareTls } from '#infra/tls/authority/store.ts';
import type { TrustOptions } from '#stack/trust/trust-of-stack.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const run = promisify(execFile);

/** Why the databases of browsers cannot be tested here, or null. */
export const missingCertutil = async (): Promise<string | null> => {
  const isThere = await run('certutil', ['-H']).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  if (!isThere && process.env['CI'] === 'true') throw new Error('CI must test with certutil: install libnss3-tools');
  return isThere ? null : 'certutil is missing: install libnss3-tools';
};

export interface TrustHouse extends AsyncDisposable {
  readonly home: string;
  readonly stateDir: string;
  readonly options: TrustOptions;
  /** Makes the CA of the state folder anew. */
  makeCa(): Promise<string>;
  /** Nicknames of a database of NSS, and their trust. */
  listed(database: string): Promise<string>;
}

/** A home, and a state folder with a CA in it; only databases of NSS are looked at. */
export const trustHouse = async (): Promise<TrustHouse> => {
  const directory = await temporaryDirectory();
  const [home, stateDir] = [join(directory.path, 'home'), join(directory.path, 'project', '.passthru')];
  await mkdir(home);
  const makeCa = async (): Promise<string> => {
    await rm(join(stateDir, 'tls'), { recursive: true, force: true });
    const leaves = [{ name: 'kms', kind: 'server', commonName: 'kms', names: ['localhost', '127.0.0.1'] }] as const;
    return (await prepareTls({ directory: join(stateDir, 'tls'), leaves, permitted: ['localhost', '127.0.0.0/8'] })).caFile;
  };
  await makeCa();
  return {
    home,
    stateDir,
    options: { stateDir, home, stores: ['nss'], env: { PATH: process.env['PATH'] ?? '' }, platform: 'linux', isAdministrator: false },
    makeCa,
    listed: async (database) => (await run('certutil', ['-L', '-d', `sql:${database}`])).stdout,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
};

/** Makes a database of NSS, as a browser does. */
export const makeDatabase = async (path: string, password = ''): Promise<void> => {
  await mkdir(path, { recursive: true });
  const file = `${path}.password`;
  await writeFile(file, `${password}\n`);
  await run('certutil', ['-N', '-d', `sql:${path}`, ...(password === '' ? ['--empty-password'] : ['-f', file])]);
};

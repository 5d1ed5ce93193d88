import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import { hasCode, missingIs } from '#infra/apperr/system-error.ts';
import { type Env, type Ran, runProgram } from './run-program.ts';
import { nameOf, type Obstacle, type Root, type TrustPlace } from './trust-place.ts';

export interface NssOptions {
  readonly home: string;
  readonly env: Env;
  readonly platform: NodeJS.Platform;
}

/** Folders of Firefox profiles, below the home. */
const FIREFOX: Partial<Readonly<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    '.mozilla/firefox',
    '.config/mozilla/firefox',
    'snap/firefox/common/.mozilla/firefox',
    '.var/app/org.mozilla.firefox/.mozilla/firefox',
  ],
  darwin: ['Library/Application Support/Firefox/Profiles'],
};
/** Databases of Chromium on Linux, below the home; on other systems it asks the system. */
const [CHROMIUM, CHROMIUM_OTHERS] = ['.pki/nssdb', ['.local/share/pki/nssdb', 'snap/chromium/current/.pki/nssdb']] as const;

/** The databases of NSS that browsers of this user read. The usual one of Chromium is among them, even before it is there. */
export const nssPlaces = async ({ home, env, platform }: NssOptions): Promise<readonly TrustPlace[]> => {
  const profiles = await Promise.all((FIREFOX[platform] ?? []).map((folder) => profilesIn(join(home, folder))));
  const others = platform === 'linux' ? await databasesAmong(CHROMIUM_OTHERS.map((folder) => join(home, folder))) : [];
  const usual = join(home, CHROMIUM);
  // Chromium reads the one below `.local/share` where there is no other: making one would hide it.
  const chromium = platform === 'linux' && (others.length === 0 || (await isDatabase(usual))) ? [usual] : [];
  return [
    ...[...chromium, ...others].map((path) => nssPlace(path, 'Chromium and Chrome', env)),
    ...profiles.flat().map((path) => nssPlace(path, 'Firefox', env)),
  ];
};

/** One database of NSS, handled by its `certutil`. */
export const nssPlace = (path: string, readers: string, env: Env): TrustPlace => {
  const certutil = async (...args: readonly string[]): Promise<Ran> => {
    // Where a database has a password, an empty one is refused at once; without this `certutil` would ask its terminal.
    const ran = await runProgram('certutil', [...args, '-d', `sql:${path}`, '-f', '/dev/null'], env);
    if (ran === null) throw new AppError('certutil-missing', 500, NO_CERTUTIL.why, { fix: NO_CERTUTIL.fix });
    return ran;
  };
  /** The fingerprint of what lies under a name; null where nothing does. */
  const at = async (name: string): Promise<string | null> => {
    const { code, stdout } = await certutil('-L', '-n', name, '-a');
    return code === 0 && stdout.includes('BEGIN CERTIFICATE') ? fingerprintOf(stdout) : null;
  };
  const isTrusted = async (name: string): Promise<boolean> => (await certutil('-V', '-n', name, '-u', SSL_CA)).code === 0;
  const holds = async (fingerprint: string): Promise<boolean> =>
    (await isDatabase(path)) && (await at(nameOf(fingerprint))) === fingerprint;
  /** The name under which somebody else put the root here. */
  const foreignName = async ({ fingerprint }: Root): Promise<string | null> => {
    const { stdout } = await certutil('-L');
    const names = stdout
      .split('\n')
      .flatMap((line) => /^(?<name>.*passthru.*?)\s+[a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*\s*$/.exec(line)?.groups?.['name'] ?? []);
    for (const name of names) if (name !== nameOf(fingerprint) && (await at(name)) === fingerprint) return name;
    return null;
  };
  return {
    store: 'nss',
    path,
    readers,
    blocked: async () => ((await runProgram('certutil', ['-H'], env)) === null ? NO_CERTUTIL : null),
    trusts: async (root) => {
      if (!(await isDatabase(path))) return false;
      const own = nameOf(root.fingerprint);
      const name = (await at(own)) === root.fingerprint ? own : await foreignName(root);
      return name !== null && isTrusted(name);
    },
    add: async (root) => {
      const name = nameOf(root.fingerprint);
      if (!(await isDatabase(path))) {
        await mkdir(path, { recursive: true, mode: 0o700 });
        await orThrow('make a database', certutil('-N', '--empty-password'));
      }
      const foreign = await foreignName(root);
      if (foreign !== null) throw nameTaken(`the root is there under the name ${JSON.stringify(foreign)}, without trust`);
      const there = await at(name);
      if (there !== null && there !== root.fingerprint) throw nameTaken(`another certificate is there under the name ${name}`);
      await orThrow('add the root', certutil('-A', '-n', name, '-t', TRUSTED_FOR_SERVERS, '-i', root.file));
    },
    holds,
    remove: async (fingerprint) => {
      await orThrow('remove the root', certutil('-D', '-n', nameOf(fingerprint)));
      if (await holds(fingerprint))
        throw new AppError('nss-kept', 500, 'the root is still there after certutil removed it', { fix: PASSWORD_FIX });
    },
  };
};

const orThrow = async (act: string, ran: Promise<Ran>): Promise<void> => {
  const { code, said } = await ran;
  if (code !== 0) throw new AppError('nss-refused', 500, `certutil could not ${act}: ${said}`, { fix: PASSWORD_FIX });
};

/** Of `certutil`: the usage of an authority of servers, and trust for that alone. */
const [SSL_CA, TRUSTED_FOR_SERVERS] = ['L', 'C,,'] as const;

const NO_CERTUTIL: Obstacle = {
  why: 'the program certutil of NSS is not there',
  fix: 'Install it: `sudo apt-get install libnss3-tools` on Debian and Ubuntu, nss-tools on Fedora, nss on Arch and Homebrew.',
};

const PASSWORD_FIX =
  'Close the browser and try again. A database with a primary password takes certificates in the settings of its browser only.';

const nameTaken = (why: string): AppError =>
  new AppError('nss-name-taken', 409, why, { fix: 'Look at it in the certificate settings of the browser, and remove it there.' });

const fingerprintOf = (text: string): string => new X509Certificate(text).fingerprint256.replaceAll(':', '').toLowerCase();

/** A file beside the folders of profiles is no database either. */
const isDatabase = (path: string): Promise<boolean> =>
  stat(join(path, 'cert9.db')).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
      throw error;
    },
  );

const databasesAmong = async (paths: readonly string[]): Promise<readonly string[]> => {
  const there = await Promise.all(paths.map(isDatabase));
  return paths.filter((_, at) => there[at]);
};

const profilesIn = async (folder: string): Promise<readonly string[]> => {
  const names = await readdir(folder).catch(missingIs([]));
  return (await databasesAmong(names.map((name) => join(folder, name)))).toSorted();
};

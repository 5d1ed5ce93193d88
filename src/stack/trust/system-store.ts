import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { type Env, runProgram } from './run-program.ts';
import { nameOf, type Root, type TrustPlace } from './trust-place.ts';

/** How a family of Linux systems keeps the roots of its administrator. */
export interface SystemKind {
  /** Folder of those roots; a system that has it is of this kind. */
  readonly folder: string;
  readonly extension: '.crt' | '.pem';
  /** Program and arguments that make the bundle anew. */
  readonly update: readonly [string, ...string[]];
  /** All roots that the system trusts, as PEM. */
  readonly bundle: string;
}

/** Debian and Ubuntu (Alpine alike); Fedora and RHEL. */
export const LINUX_KINDS: readonly SystemKind[] = [
  {
    folder: '/usr/local/share/ca-certificates',
    extension: '.crt',
    update: ['update-ca-certificates'],
    bundle: '/etc/ssl/certs/ca-certificates.crt',
  },
  {
    folder: '/etc/pki/ca-trust/source/anchors',
    extension: '.pem',
    update: ['update-ca-trust', 'extract'],
    bundle: '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  },
];

export interface SystemOptions {
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  readonly isAdministrator: boolean;
  readonly kinds?: readonly SystemKind[];
}

/** The trust store of the system: on Linux a folder and a bundle; on macOS and Windows only its owner changes it, by the commands of the fix. */
export const systemPlace = async (options: SystemOptions): Promise<TrustPlace> => {
  const { platform, kinds = LINUX_KINDS } = options;
  if (platform !== 'linux') return byHand(platform);
  for (const kind of kinds) if ((await stat(kind.folder).catch(missingIs(null))) !== null) return linuxPlace(kind, options);
  return byHand(platform);
};

const linuxPlace = (kind: SystemKind, { env, isAdministrator }: SystemOptions): TrustPlace => {
  const { folder, extension, update, bundle } = kind;
  const [program, ...args] = update;
  const fileOf = (fingerprint: string): string => join(folder, `${nameOf(fingerprint)}${extension}`);
  const updated = async (): Promise<void> => {
    const ran = await runProgram(program, args, env);
    if (ran === null) throw new AppError('update-missing', 500, `there is no program ${program}`, { fix: 'Install ca-certificates.' });
    if (ran.code !== 0)
      throw new AppError('update-failed', 500, `${program} failed: ${ran.said}`, { fix: `Run \`${update.join(' ')}\` and see.` });
  };
  const isBundled = async (pem: string): Promise<boolean> => (await readFile(bundle, 'utf8').catch(missingIs(''))).includes(bodyOf(pem));
  return {
    store: 'system',
    path: folder,
    readers: 'curl, git, Go and what else asks the system',
    blocked: (change, { file, fingerprint }) =>
      Promise.resolve(
        isAdministrator ? null : { why: 'only root may change it', fix: sudo(change, { file, target: fileOf(fingerprint), update }) },
      ),
    trusts: ({ pem }) => isBundled(pem),
    holds: async (fingerprint) => (await stat(fileOf(fingerprint)).catch(missingIs(null))) !== null,
    add: async ({ pem, fingerprint }) => {
      await writeFileAtomic(fileOf(fingerprint), pem);
      await updated();
    },
    remove: async (fingerprint) => {
      const file = fileOf(fingerprint);
      const pem = await readFile(file, 'utf8');
      await rm(file);
      await updated();
      if (await isBundled(pem))
        throw new AppError('update-failed', 500, `the root is still in ${bundle}`, { fix: `Run \`${update.join(' ')}\` and see.` });
    },
  };
};

const sudo = (
  change: 'add' | 'remove',
  { file, target, update }: { readonly file: string; readonly target: string; readonly update: SystemKind['update'] },
): string => {
  const act = change === 'add' ? `cp ${shellWord(file)} ${shellWord(target)}` : `rm ${shellWord(target)}`;
  return `\`sudo ${act} && sudo ${update.join(' ')}\``;
};

/** Base64 between the first and the last line. */
const bodyOf = (pem: string): string => pem.trim().split('\n').slice(1, -1).join('\n');

const byHand = (platform: NodeJS.Platform): TrustPlace => ({
  store: 'system',
  path: SYSTEM_NAMES[platform] ?? 'the store of the system',
  readers: 'browsers and what else asks the system',
  blocked: (change, root) =>
    Promise.resolve({ why: 'this program does not change it on this system', fix: commandByHand(platform, change, root) }),
  trusts: () => Promise.resolve(false),
  holds: () => Promise.resolve(false),
  add: () => Promise.reject(new TypeError('this store is for its owner to change')),
  remove: () => Promise.reject(new TypeError('this store is for its owner to change')),
});

const SYSTEM_NAMES: Partial<Readonly<Record<NodeJS.Platform, string>>> = {
  darwin: 'the log-in keychain',
  win32: 'the Root store of this user',
};

const commandByHand = (platform: NodeJS.Platform, change: 'add' | 'remove', { file }: Pick<Root, 'file'>): string => {
  const path = shellWord(file);
  switch (platform) {
    case 'darwin':
      return change === 'add'
        ? `\`security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${path}\``
        : `\`security remove-trusted-cert ${path}\``;
    case 'win32':
      return change === 'add' ? `\`certutil.exe -user -addstore Root "${file}"\`` : 'Remove the root of passthru in certmgr.msc.';
    default:
      return `See how this system takes the root of an administrator; the file is ${path}.`;
  }
};

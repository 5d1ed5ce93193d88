import { lstat, open } from 'node:fs/promises';
import { hasCode, missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { type PartName, SERVICES } from '../../engine.ts';

/** The user and the group of our images, by number: `USER` of their Dockerfiles. */
export const CONTAINER_USER = 1000;

/** Who may read a file. */
export interface Access {
  readonly mode: number;
  /** The user that it is given to, by number; the writer keeps it where absent. */
  readonly owner?: number;
}

/** For what is no secret: certificates and configuration. */
export const PUBLIC: Access = { mode: 0o644 };

/** For what only the operator reads. */
export const OPERATORS: Access = { mode: 0o600 };

/**
 * The narrowest access with which the containers of these parts read a secret. Containers of our images run as CONTAINER_USER, and root
 * can give them their files. The number of PostgreSQL's user belongs to its image, so its files are readable by every user that gets
 * to them: their folder, of mode 0700, is what keeps others out.
 *
 * @param uid of this process; undefined on Windows, which has no such modes
 */
export const secretAccess = (readers: readonly PartName[], uid = process.getuid?.()): Access => {
  const areOurs = readers.every((part) => (SERVICES as readonly PartName[]).includes(part));
  if (areOurs && uid === 0) return { mode: 0o600, owner: CONTAINER_USER };
  if (areOurs && uid === CONTAINER_USER) return { mode: 0o600 };
  return PUBLIC;
};

/** Why the containers of these parts cannot read a file that an operator put there, one clause; null when they can. */
export const unreadable = async (path: string, readers: readonly PartName[]): Promise<string | null> => {
  const { mode, uid, gid } = await lstat(path);
  if (process.getuid === undefined || (mode & 0o004) !== 0) return null;
  const others = readers.filter((part) => !(SERVICES as readonly PartName[]).includes(part));
  if (others.length > 0) return `the user of ${others.join(' and ')} cannot read it: chmod a+r ${path}`;
  if (uid === CONTAINER_USER && (mode & 0o400) !== 0) return null;
  if (gid === CONTAINER_USER && (mode & 0o040) !== 0) return null;
  return `user ${CONTAINER_USER} of the containers cannot read it: chown ${CONTAINER_USER} ${path}`;
};

/**
 * Makes a file that is not there; one that is there is never replaced, also when it came in the same moment.
 *
 * @returns whether it was made
 */
export const putNew = async (path: string, text: string, { mode, owner }: Access): Promise<boolean> => {
  if ((await lstat(path).catch(missingIs(null))) !== null) return false;
  try {
    await writeFileAtomic(path, text, { mode, owner, replace: false });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
};

/**
 * Gives the very file that is there another text, or makes it: who has mounted the file sees the new text, which a file that takes its
 * name would not give. On the disk before it returns; a crash may leave a part, so the caller keeps the text elsewhere until then.
 */
export const writeInPlace = async (path: string, text: string, access: Access): Promise<void> => {
  if (await putNew(path, text, access)) return;
  await using file = await open(path, 'r+');
  await file.writeFile(text);
  await file.truncate(Buffer.byteLength(text));
  await file.sync();
};

import { open, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { formatPasswordHash, parsePasswordHash } from '#infra/secrets/password-hash.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { RealmAddDocument } from '#cli/documents/realm-add.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { REALM_ADD_FLAGS } from '#cli/settings/operator-flags.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { operatorCommand } from './operator-command.ts';
import { readPassword } from './read-password.ts';

/** As the KMS takes a user name: no colon (RFC 7617 section 2), no control character. */
const USERNAME = /^[^:\p{Cc}]{1,128}$/u;

interface Entry {
  readonly username: string;
  readonly password: string;
  readonly tenant: string;
  readonly roles: readonly string[];
}

/** `passthru realm add`: a user of the KMS for realms.yml, with a hash of the password, printed or put into the file. */
export const realmAdd = (call: CommandCall<string, typeof REALM_ADD_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ tenant, role: roles, passwordFile, hashFile, file }) => {
    const { argument: username, process } = call;
    if (!USERNAME.test(username)) {
      throw usageError('<username> must be 1 to 128 characters without colon and control characters', { fix: 'Choose another name.' });
    }
    if (passwordFile !== undefined && hashFile !== undefined) {
      throw usageError('--password-file and --hash-file exclude each other', { fix: 'Give the password or a hash of it.' });
    }
    await checkRoles(roles, file === undefined ? null : resolve(process.cwd, file));
    const password =
      hashFile === undefined
        ? await createPasswords().hash(await readPassword({ file: passwordFile, flag: '--password-file', of: username, process }))
        : ownFormOf(await readPassword({ file: hashFile, flag: '--hash-file', of: username, what: 'hash', process }));
    const entry: Entry = { username, password, tenant, roles };
    const { stringify } = await import('yaml');
    const text = stringify([entry], { lineWidth: 0 }).trimEnd();
    if (file !== undefined) await addTo(resolve(process.cwd, file), entry);
    const document: Omit<RealmAddDocument, 'command' | 'exit_code'> = {
      version: 1,
      user: { username, tenant, roles: [...roles] },
      entry: text,
      file: file ?? null,
    };
    const lines = file === undefined ? text.split('\n') : [`Added ${username} to ${file}; the KMS reads it when it starts.`];
    return {
      document,
      lines,
      ...(file === undefined ? { short: lines } : {}),
      record: { body: 'hashed the password of a realm user', attributes: { 'passthru.tenant.name': tenant } },
    };
  });

/** A role is built in, or one of the file. @throws AppError `usage`, `realms-unreadable` */
const checkRoles = async (roles: readonly string[], path: string | null): Promise<void> => {
  const own = path === null ? [] : await rolesIn(path);
  const known = [...Object.keys(ROLE_SCOPES), ...own];
  const wrong = roles.filter((role) => !known.includes(role));
  if (wrong.length === 0) return;
  throw usageError(`--role must be some of ${known.join(', ')}, not ${wrong.map((role) => JSON.stringify(role)).join(', ')}`, {
    fix:
      path === null
        ? 'Use one of these, or name the realms.yml that has the role by --file.'
        : 'Use one of these, or state the role in the file first.',
  });
};

/** The names of the roles that a realms file states. @throws AppError `realms-unreadable` */
const rolesIn = async (path: string): Promise<readonly string[]> => {
  const { document } = await readRealms(path);
  const roles = (document.toJS() as { readonly roles?: unknown } | null)?.roles;
  if (!Array.isArray(roles)) return [];
  return roles.flatMap((role: unknown) => {
    const name = typeof role === 'object' && role !== null && 'name' in role ? role.name : undefined;
    return typeof name === 'string' ? [name] : [];
  });
};

const hashRefused = (why: string, fix: string) =>
  usageError(`the hash of --hash-file ${why}`, { fields: [{ field: '--hash-file', message: why, fix }], fix });

/** A hash of another library in our form, with its rounds and its salt. @throws AppError `usage` for one that is not taken */
const ownFormOf = (hash: string): string => {
  try {
    const stored = parsePasswordHash(hash);
    if (stored.kind !== 'plaintext') return formatPasswordHash(stored);
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    throw hashRefused(
      thrown.message.replace(/^a stored password /, ''),
      'Let the user choose a new password, and give it by --password-file.',
    );
  }
  throw hashRefused('is a password and no hash', 'Give it by --password-file, without {plaintext}.');
};

/** A realms file as a document that can be changed and keeps its comments. @throws AppError `realms-unreadable` */
const readRealms = async (path: string) => {
  const { isMap, parseDocument } = await import('yaml');
  const unreadable = (why: string, cause?: unknown): AppError =>
    new AppError('realms-unreadable', 400, `${path} ${why}`, { cause, fix: 'Name a realms.yml that the KMS could read.' });
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw unreadable(`cannot be read: ${cause.message}`, cause);
  });
  const document = parseDocument(text, { uniqueKeys: true, strict: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw unreadable(`is no YAML: ${fault.message.split('\n')[0] ?? ''}`, fault);
  if (document.contents !== null && !isMap(document.contents)) throw unreadable('holds no map of settings');
  return { document, unreadable };
};

/**
 * Puts a user below `file.users` of a realms file, comments and all else kept. Written in place: owner and mode stay, and so does the
 * file that a container has mounted.
 *
 * @throws AppError `realms-unreadable`, `username-used`
 */
const addTo = async (path: string, entry: Entry): Promise<void> => {
  const { isSeq, YAMLSeq } = await import('yaml');
  const { document, unreadable } = await readRealms(path);
  const known = document.getIn(['file', 'users']);
  if (known !== undefined && !isSeq(known)) throw unreadable('has no list at file.users');
  const users = known ?? new YAMLSeq();
  const names = (users.toJSON() as readonly { readonly username?: unknown }[]).map(({ username }) => username);
  if (names.includes(entry.username)) {
    throw new AppError('username-used', 409, `${path} has a user ${entry.username} already.`, {
      fix: 'Choose another name, or change the entry that is there.',
    });
  }
  users.flow = false;
  users.add(document.createNode(entry));
  document.setIn(['file', 'users'], users);
  const changed = Buffer.from(document.toString({ lineWidth: 0 }));
  await using handle = await open(path, 'r+');
  await handle.write(changed, 0, changed.length, 0);
  await handle.truncate(changed.length);
  await handle.sync();
};

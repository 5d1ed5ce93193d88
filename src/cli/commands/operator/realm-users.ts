import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { capitalized } from '#infra/lines/capitalized.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { RealmUserDocument, RealmUsersListDocument } from '#cli/documents/realm-users.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import { tableLines } from '#cli/reporters/lines/table.ts';
import type {
  REALM_USER_ADD_FLAGS,
  REALM_USER_PASSWORD_FLAGS,
  REALM_USER_REMOVE_FLAGS,
  REALM_USER_SET_FLAGS,
  REALM_USERS_FLAGS,
} from '#cli/settings/operator-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { type NewPasswordBody, type RealmUserBody, realmUsers, type RealmUsersClient } from '#client/admin/realm-users.ts';
import { operatorClient, operatorCommand, type OperatorResult } from './operator-command.ts';
import { originOfPassword, readPassword } from './read-password.ts';
import { refusedInput } from './refused-input.ts';

type Own<D> = Omit<D, 'command' | 'exit_code'>;
type Call<F extends typeof REALM_USERS_FLAGS> = CommandCall<string, F>;

const HEAD = ['User name', 'State', 'Roles', 'Id'];
const stateOf = ({ enabled }: RealmUserBody): string => (enabled ? 'enabled' : 'disabled');
const rowOf = (user: RealmUserBody): readonly string[] => [user.username, stateOf(user), user.roles.join(', ') || '-', user.id];

const recordOf = (user: RealmUserBody, body: string) => ({
  body,
  attributes: { 'passthru.account.id': user.id, 'passthru.account.name': user.username, 'passthru.account.state': stateOf(user) },
});

const documented = (user: RealmUserBody) => ({ ...user, roles: [...user.roles], metadata: { ...user.metadata } });

/** @param done in the past: `made`, `removed` */
const resultOf = (user: RealmUserBody, done: string): OperatorResult & { readonly document: Own<RealmUserDocument> } => ({
  document: { version: 1, user: documented(user) },
  lines: [`${capitalized(done)} user ${user.username} (${user.id})`],
  short: [user.id],
  record: recordOf(user, `${done} realm user ${user.id}`),
});

/** For `.catch`: the way out in words of the command line. */
const lastAdministrator = (thrown: unknown): never => {
  if (!(thrown instanceof AppError) || thrown.code !== 'last-administrator') throw thrown;
  throw new AppError(thrown.code, thrown.status, thrown.message, {
    fix: 'Give another user a role with kms:users:write first, or say --allow-no-administrator.',
  });
};

/** Asks for one user, and says of a refusal which flag it is about. */
const withUsers = <F extends typeof REALM_USERS_FLAGS>(
  call: Call<F>,
  done: string,
  work: (users: RealmUsersClient, flags: ValuesOf<F>) => Promise<RealmUserBody>,
): Promise<ExitCode> =>
  operatorCommand(call, async (flags) => {
    const { operator, url, tenant } = flags as ValuesOf<typeof REALM_USERS_FLAGS>;
    const { passwordFile, hashFile } = flags as { readonly passwordFile?: string; readonly hashFile?: string };
    await using client = await operatorClient(operator);
    const asked = work(realmUsers({ url, client, tenant }), flags).catch(lastAdministrator);
    const user = await asked.catch(
      refusedInput(call.command, {
        '/username': '<username>',
        '/password_hash': hashFile === undefined ? 'the hash' : 'the hash of --hash-file',
        '/password': originOfPassword('--password-file', passwordFile),
        '/roles': '--role',
        '/email': '--email',
        '/display_name': '--display-name',
        '/metadata': '--metadata-file',
      }),
    );
    return resultOf(user, done);
  });

/** The password of a user, or a hash of it, from where the flags say. */
const passwordOf = async (
  call: Pick<CommandCall<string>, 'argument' | 'process'>,
  { passwordFile, hashFile }: { readonly passwordFile?: string | undefined; readonly hashFile?: string | undefined },
): Promise<NewPasswordBody> => {
  const { argument: of, process } = call;
  if (passwordFile !== undefined && hashFile !== undefined)
    throw usageError('--password-file and --hash-file exclude each other', { fix: 'Give the password or a hash of it.' });
  if (hashFile !== undefined)
    return { password_hash: await readPassword({ file: hashFile, flag: '--hash-file', of, what: 'hash', process }) };
  return { password: await readPassword({ file: passwordFile, flag: '--password-file', of, process }) };
};

const metadataOf = async (file: string | undefined, cwd: string): Promise<{ readonly metadata?: unknown }> => {
  if (file === undefined) return {};
  try {
    return { metadata: JSON.parse(await readFile(resolve(cwd, file), 'utf8')) as unknown };
  } catch (error) {
    throw usageError(`the file ${file} of --metadata-file cannot be read: ${(error as Error).message}`, {
      fix: 'Name a file with a JSON object.',
    });
  }
};

/** `passthru realm users list`: the users of a tenant in the database of a running KMS. */
export const realmUsersList = (call: CommandCall<undefined, typeof REALM_USERS_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url, tenant }, layout) => {
    await using client = await operatorClient(operator);
    const users = await realmUsers({ url, client, tenant }).list();
    const document: Own<RealmUsersListDocument> = { version: 1, users: users.map(documented) };
    return {
      document,
      lines: users.length === 0 ? ['No users.'] : tableLines(HEAD, users.map(rowOf), layout),
      short: users.map(({ username }) => username),
      record: users.map((user) => recordOf(user, `realm user ${user.id}`)),
    };
  });

export const realmUsersAdd = (call: Call<typeof REALM_USER_ADD_FLAGS>): Promise<ExitCode> =>
  withUsers(call, 'made', async (users, { role: roles, email, displayName, metadataFile, ...secret }) => {
    const metadata = await metadataOf(metadataFile, call.process.cwd);
    const password = await passwordOf(call, secret);
    return users.add({ username: call.argument, ...password, roles, email, display_name: displayName, ...metadata });
  });

export const realmUsersSet = (call: Call<typeof REALM_USER_SET_FLAGS>): Promise<ExitCode> =>
  withUsers(call, 'changed', async (users, { role: roles, email, displayName, metadataFile, allowNoAdministrator }) => {
    const changes = { roles, email, display_name: displayName, ...(await metadataOf(metadataFile, call.process.cwd)) };
    if (Object.values(changes).every((value) => value === undefined))
      throw usageError('there is nothing to change', { fix: 'Name what changes: --role, --email, --display-name or --metadata-file.' });
    return users.set(call.argument, changes, allowNoAdministrator);
  });

export const realmUsersDisable = (call: Call<typeof REALM_USER_REMOVE_FLAGS>): Promise<ExitCode> =>
  withUsers(call, 'disabled', (users, { allowNoAdministrator }) => users.set(call.argument, { enabled: false }, allowNoAdministrator));

export const realmUsersEnable = (call: Call<typeof REALM_USERS_FLAGS>): Promise<ExitCode> =>
  withUsers(call, 'enabled', (users) => users.set(call.argument, { enabled: true }, false));

export const realmUsersSetPassword = (call: Call<typeof REALM_USER_PASSWORD_FLAGS>): Promise<ExitCode> =>
  withUsers(call, 'set the password of', async (users, secret) => users.setPassword(call.argument, await passwordOf(call, secret)));

export const realmUsersRemove = (call: Call<typeof REALM_USER_REMOVE_FLAGS>): Promise<ExitCode> =>
  withUsers(call, 'removed', (users, { allowNoAdministrator }) => users.remove(call.argument, allowNoAdministrator));

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { RealmUsersImportDocument } from '#cli/documents/realm-users.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { REALM_USERS_FLAGS } from '#cli/settings/operator-flags.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { realmUsers, type RealmUsersClient } from '#client/admin/realm-users.ts';
import { operatorClient, operatorCommand } from './operator-command.ts';

type Entry = Readonly<Record<string, unknown>> & { readonly username: string };

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isEntry = (value: unknown): value is Entry => isMap(value) && typeof value['username'] === 'string';

/** The users of a file: a list of them, or a realms.yml. @throws AppError `usage` */
const entriesOf = async (path: string, file: string): Promise<readonly Entry[]> => {
  const refused = (why: string) => usageError(`${file} ${why}`, { fix: 'Name a file with a list of users, as file.users of realms.yml.' });
  const { parse } = await import('yaml');
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw refused(`cannot be read: ${cause.message}`);
  });
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw refused(`is no YAML: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
  const inRealms = isMap(content) && isMap(content['file']) ? content['file']['users'] : content;
  if (!Array.isArray(inRealms) || !inRealms.every(isEntry)) throw refused('holds no list of users, each with a username');
  return inRealms;
};

/** A user as the KMS takes one: of a file, `password` is a hash. */
const requestOf = ({ username, password, password_hash: hash = password, roles, enabled, email, display_name, metadata }: Entry) => ({
  username,
  password_hash: hash as string,
  roles: roles as readonly string[],
  enabled: enabled as boolean | undefined,
  email: email as string | undefined,
  display_name: display_name as string | undefined,
  metadata,
});

const importOne = async (users: RealmUsersClient, tenant: string, entry: Entry): Promise<'made' | 'there'> => {
  const of = entry['tenant'];
  if (of !== undefined && of !== tenant)
    throw new AppError('tenant-other', 400, `belongs to the tenant ${JSON.stringify(of)}, not to ${JSON.stringify(tenant)}`);
  try {
    await users.add(requestOf(entry));
    return 'made';
  } catch (error) {
    const isUsed = error instanceof AppError && error.code === 'username-used';
    if (isUsed && (await users.list({ username: entry.username })).length > 0) return 'there';
    throw error;
  }
};

/**
 * `passthru realm users import`: makes the users of a file, one after the other, with the hashes that other systems made of their
 * passwords. Given again, it goes on where it was: users that are there stay as they are.
 */
export const realmUsersImport = (call: CommandCall<string, typeof REALM_USERS_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url, tenant }) => {
    const { argument: file, process } = call;
    const entries = await entriesOf(resolve(process.cwd, file), file);
    await using client = await operatorClient(operator);
    const users = realmUsers({ url, client, tenant });
    const ends = { made: [] as string[], there: [] as string[], refused: [] as RealmUsersImportDocument['refused'] };
    for (const entry of entries) {
      const { username } = entry;
      try {
        ends[await importOne(users, tenant, entry)].push(username);
      } catch (error) {
        if (!(error instanceof AppError) || error.status < 400 || error.status > 499) throw error;
        ends.refused.push({ username, code: error.code, message: error.message });
      }
    }
    const { made, there, refused } = ends;
    const document: Omit<RealmUsersImportDocument, 'command' | 'exit_code'> = { version: 1, made, there, refused };
    return {
      document,
      lines: [
        `Made     ${made.length}`,
        `There    ${there.length}, and unchanged`,
        `Refused  ${refused.length}`,
        ...refused.map(({ username, message }) => `  ${username}: ${message}`),
      ],
      short: made,
      record: { body: `imported ${made.length} realm users, refused ${refused.length}`, attributes: { 'passthru.tenant.name': tenant } },
      exitCode: refused.length === 0 ? EXIT.passed : refused.length < entries.length ? EXIT.partial : EXIT.failed,
    };
  });

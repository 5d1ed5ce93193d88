import { type AddCommand, command as anyCommand, commandGroup } from '#cli/command-line/build-program.ts';
import type { CommandRow, NoFlags } from '#cli/command-line/command.ts';
import type { SettingRows } from '#cli/settings/setting.ts';
import {
  AUDIT_HELP,
  BARRIER_HELP,
  HASH_PASSWORD_HELP,
  ISSUER_KEYS_HELP,
  REALM_ADD_HELP,
  REALM_USERS_HELP,
  TENANT_CREATE_HELP,
  TENANT_HELP,
} from '#cli/command-line/help-texts.ts';
import {
  AUDIT_FLAGS,
  AUDIT_VERIFY_FLAGS,
  BARRIER_FLAGS,
  BARRIER_RESHARE_FLAGS,
  BARRIER_ROTATE_FLAGS,
  BARRIER_UNSEAL_FLAGS,
  HASH_PASSWORD_FLAGS,
  ISSUER_KEYS_FLAGS,
  REALM_ADD_FLAGS,
  REALM_USER_ADD_FLAGS,
  REALM_USER_PASSWORD_FLAGS,
  REALM_USER_REMOVE_FLAGS,
  REALM_USER_SET_FLAGS,
  REALM_USERS_FLAGS,
  TENANT_CREATE_FLAGS,
  TENANT_FLAGS,
  TENANT_REMOVE_FLAGS,
} from '#cli/settings/operator-flags.ts';
import { file, oneOf, text } from '#cli/settings/value-types.ts';

/** A command that asks a server, or a file, and prints what it learned. */
export const operatorRow = <A = undefined, F extends SettingRows = NoFlags>(row: Omit<CommandRow<A, F>, 'settings'>): AddCommand =>
  anyCommand<A, F>({ ...row, settings: ['output'] });

const TENANT = { spelling: '<tenant>', help: 'its id or its name', type: text('a tenant', 'tenant') } as const;
const USER = { spelling: '<username>', help: 'name or id of the user', type: text('a user name', 'username') };

/** The commands with which operators administer running servers, a row each; their code is imported when one is called. */
export const OPERATOR_COMMANDS: readonly AddCommand[] = [
  commandGroup('tenant', 'tenants of a running KMS', [
    operatorRow({
      name: 'create',
      summary: 'make a tenant and its first administrator',
      argument: { spelling: '<name>', help: 'lower-case letters, digits and hyphens', type: text('a name', 'name') },
      flags: TENANT_CREATE_FLAGS,
      help: TENANT_CREATE_HELP,
      run: async (call) => (await import('./tenant-create.ts')).tenantCreate(call),
    }),
    operatorRow({
      name: 'list',
      summary: 'show all tenants and their states',
      flags: TENANT_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantList(call),
    }),
    operatorRow({
      name: 'suspend',
      summary: 'refuse all credentials of a tenant, until it is activated',
      argument: TENANT,
      flags: TENANT_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantSuspend(call),
    }),
    operatorRow({
      name: 'activate',
      summary: 'take the credentials of a suspended tenant again',
      argument: TENANT,
      flags: TENANT_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantActivate(call),
    }),
    operatorRow({
      name: 'remove',
      summary: 'remove a tenant with all that it has, after a wait',
      argument: TENANT,
      flags: TENANT_REMOVE_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantRemove(call),
    }),
    operatorRow({
      name: 'restore',
      summary: 'cancel the removal of a tenant',
      argument: TENANT,
      flags: TENANT_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantRestore(call),
    }),
  ]),
  commandGroup('realm', 'users of the KMS, in realms.yml and in its database', [
    operatorRow({
      name: 'add',
      summary: 'hash the password of a user, and print the entry or put it into the file',
      argument: { spelling: '<username>', help: 'name for HTTP Basic', type: text('a user name', 'username') },
      flags: REALM_ADD_FLAGS,
      help: REALM_ADD_HELP,
      run: async (call) => (await import('./realm-add.ts')).realmAdd(call),
    }),
    commandGroup('users', 'users of a tenant in the database of a running KMS', [
      operatorRow({
        name: 'list',
        summary: 'show them',
        flags: REALM_USERS_FLAGS,
        help: REALM_USERS_HELP,
        run: async (call) => (await import('./realm-users.ts')).realmUsersList(call),
      }),
      operatorRow({
        name: 'add',
        summary: 'make a user',
        argument: { spelling: '<username>', help: 'name for HTTP Basic', type: text('a user name', 'username') },
        flags: REALM_USER_ADD_FLAGS,
        help: REALM_USERS_HELP,
        run: async (call) => (await import('./realm-users.ts')).realmUsersAdd(call),
      }),
      operatorRow({
        name: 'set',
        summary: 'change roles, address, name or metadata of a user',
        argument: USER,
        flags: REALM_USER_SET_FLAGS,
        help: REALM_USERS_HELP,
        run: async (call) => (await import('./realm-users.ts')).realmUsersSet(call),
      }),
      operatorRow({
        name: 'disable',
        summary: 'refuse a user from now on',
        argument: USER,
        flags: REALM_USER_REMOVE_FLAGS,
        help: REALM_USERS_HELP,
        run: async (call) => (await import('./realm-users.ts')).realmUsersDisable(call),
      }),
      operatorRow({
        name: 'enable',
        summary: 'let a user in again',
        argument: USER,
        flags: REALM_USERS_FLAGS,
        help: REALM_USERS_HELP,
        run: async (call) => (await import('./realm-users.ts')).realmUsersEnable(call),
      }),
      operatorRow({
        name: 'set-password',
        summary: 'set the password of a user',
        argument: USER,
        flags: REALM_USER_PASSWORD_FLAGS,
        help: REALM_USERS_HELP,
        run: async (call) => (await import('./realm-users.ts')).realmUsersSetPassword(call),
      }),
      operatorRow({
        name: 'remove',
        summary: 'remove a user for good',
        argument: USER,
        flags: REALM_USER_REMOVE_FLAGS,
        help: REALM_USERS_HELP,
        run: async (call) => (await import('./realm-users.ts')).realmUsersRemove(call),
      }),
      operatorRow({
        name: 'import',
        summary: 'make the users of a file, with hashes of other systems',
        argument: { spelling: '<file>', help: 'YAML or JSON', type: file },
        flags: REALM_USERS_FLAGS,
        help: REALM_USERS_HELP,
        run: async (call) => (await import('./realm-users-import.ts')).realmUsersImport(call),
      }),
    ]),
  ]),
  operatorRow({
    name: 'hash-password',
    summary: 'print a hash of a password, for realms.yml',
    flags: HASH_PASSWORD_FLAGS,
    help: HASH_PASSWORD_HELP,
    run: async (call) => (await import('./hash-password.ts')).hashPassword(call),
  }),
  commandGroup('issuer-keys', 'keys by which a running KMS verifies tokens', [
    operatorRow({
      name: 'flush',
      summary: 'forget them, and fetch them anew from their issuers',
      flags: ISSUER_KEYS_FLAGS,
      help: ISSUER_KEYS_HELP,
      run: async (call) => (await import('./issuer-keys.ts')).issuerKeysFlush(call),
    }),
  ]),
  commandGroup('audit', 'records of what was done with the keys of a KMS', [
    operatorRow({
      name: 'head',
      summary: 'show how far it has come, signed',
      flags: AUDIT_FLAGS,
      help: AUDIT_HELP,
      run: async (call) => (await import('./audit.ts')).auditHeadCommand(call),
    }),
    operatorRow({
      name: 'export',
      summary: 'write all records and heads into a file, a line each',
      argument: { spelling: '<file>', help: 'the file to write', type: file },
      flags: AUDIT_FLAGS,
      help: AUDIT_HELP,
      run: async (call) => (await import('./audit.ts')).auditExport(call),
    }),
    operatorRow({
      name: 'verify',
      summary: 'check an export without the KMS: chains, signed heads, gaps',
      argument: { spelling: '<file>', help: 'an export', type: file },
      flags: AUDIT_VERIFY_FLAGS,
      help: AUDIT_HELP,
      run: async (call) => (await import('./audit-verify.ts')).auditVerify(call),
    }),
  ]),
  commandGroup('barrier', 'the seal and the key hierarchy of a running KMS', [
    operatorRow({
      name: 'status',
      summary: 'tell whether it is sealed, and which keys stand above the tenants',
      flags: BARRIER_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier.ts')).barrierStatus(call),
    }),
    operatorRow({
      name: 'seal',
      summary: 'make it forget every key, until it is unsealed',
      flags: BARRIER_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier.ts')).barrierSeal(call),
    }),
    operatorRow({
      name: 'unseal',
      summary: 'give it unseal shares',
      flags: BARRIER_UNSEAL_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier.ts')).barrierUnseal(call),
    }),
    operatorRow({
      name: 'rotate',
      summary: 'make a new key of a level while it serves',
      argument: { spelling: '<level>', help: 'whose key', type: oneOf(['root', 'intermediate', 'content'], 'level') },
      flags: BARRIER_ROTATE_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier.ts')).barrierRotate(call),
    }),
    operatorRow({
      name: 'reshare',
      summary: 'make new unseal shares in the place of the present ones',
      flags: BARRIER_RESHARE_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier-reshare.ts')).barrierReshare(call),
    }),
  ]),
];

import { type AddCommand, command as anyCommand, commandGroup } from '#cli/command-line/build-program.ts';
import type { CommandRow, NoFlags } from '#cli/command-line/command.ts';
import type { SettingRows } from '#cli/settings/setting.ts';
import {
  ACCOUNT_CREATE_HELP,
  AUDIT_HELP,
  BARRIER_HELP,
  CLIENT_CREATE_HELP,
  HASH_PASSWORD_HELP,
  ISSUER_KEYS_HELP,
  REALM_ADD_HELP,
  SIGNING_KEY_HELP,
  TENANT_CREATE_HELP,
  TENANT_HELP,
} from '#cli/command-line/help-texts.ts';
import {
  ACCOUNT_CREATE_FLAGS,
  AUDIT_FLAGS,
  AUDIT_VERIFY_FLAGS,
  BARRIER_FLAGS,
  BARRIER_RESHARE_FLAGS,
  BARRIER_ROTATE_FLAGS,
  BARRIER_UNSEAL_FLAGS,
  CLIENT_CREATE_FLAGS,
  HASH_PASSWORD_FLAGS,
  ISSUER_KEYS_FLAGS,
  REALM_ADD_FLAGS,
  SIGNING_KEY_FLAGS,
  TENANT_CREATE_FLAGS,
  TENANT_FLAGS,
  TENANT_REMOVE_FLAGS,
} from '#cli/settings/operator-flags.ts';
import { file, oneOf, text } from '#cli/settings/value-types.ts';

/** A command that asks a server, or a file, and prints what it learned. */
const command = <A = undefined, F extends SettingRows = NoFlags>(row: Omit<CommandRow<A, F>, 'settings'>): AddCommand =>
  anyCommand<A, F>({ ...row, settings: ['output'] });

const TENANT = { spelling: '<tenant>', help: 'its id or its name', type: text('a tenant', 'tenant') } as const;

/** The commands with which operators administer running servers, a row each; their code is imported when one is called. */
export const OPERATOR_COMMANDS: readonly AddCommand[] = [
  commandGroup('tenant', 'tenants of a running KMS', [
    command({
      name: 'create',
      summary: 'make a tenant and its first administrator',
      argument: { spelling: '<name>', help: 'lower-case letters, digits and hyphens', type: text('a name', 'name') },
      flags: TENANT_CREATE_FLAGS,
      help: TENANT_CREATE_HELP,
      run: async (call) => (await import('./tenant-create.ts')).tenantCreate(call),
    }),
    command({
      name: 'list',
      summary: 'show all tenants and their states',
      flags: TENANT_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantList(call),
    }),
    command({
      name: 'suspend',
      summary: 'refuse all credentials of a tenant, until it is activated',
      argument: TENANT,
      flags: TENANT_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantSuspend(call),
    }),
    command({
      name: 'activate',
      summary: 'take the credentials of a suspended tenant again',
      argument: TENANT,
      flags: TENANT_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantActivate(call),
    }),
    command({
      name: 'remove',
      summary: 'remove a tenant with all that it has, after a wait',
      argument: TENANT,
      flags: TENANT_REMOVE_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantRemove(call),
    }),
    command({
      name: 'restore',
      summary: 'cancel the removal of a tenant',
      argument: TENANT,
      flags: TENANT_FLAGS,
      help: TENANT_HELP,
      run: async (call) => (await import('./tenants.ts')).tenantRestore(call),
    }),
  ]),
  commandGroup('realm', 'users of the KMS in realms.yml', [
    command({
      name: 'add',
      summary: 'hash the password of a user, and print the entry or put it into the file',
      argument: { spelling: '<username>', help: 'name for HTTP Basic', type: text('a user name', 'username') },
      flags: REALM_ADD_FLAGS,
      help: REALM_ADD_HELP,
      run: async (call) => (await import('./realm-add.ts')).realmAdd(call),
    }),
  ]),
  command({
    name: 'hash-password',
    summary: 'print a hash of a password, for realms.yml',
    flags: HASH_PASSWORD_FLAGS,
    help: HASH_PASSWORD_HELP,
    run: async (call) => (await import('./hash-password.ts')).hashPassword(call),
  }),
  commandGroup('account', 'accounts of a running Identity', [
    command({
      name: 'create',
      summary: 'make an account that a person logs in with',
      argument: { spelling: '<username>', help: 'name for the log-in page', type: text('a user name', 'username') },
      flags: ACCOUNT_CREATE_FLAGS,
      help: ACCOUNT_CREATE_HELP,
      run: async (call) => (await import('./account-create.ts')).accountCreate(call),
    }),
  ]),
  commandGroup('client', 'OAuth clients of a running Identity', [
    command({
      name: 'create',
      summary: 'make an OAuth client',
      argument: { spelling: '<id>', help: 'the client_id', type: text('a client id', 'id') },
      flags: CLIENT_CREATE_FLAGS,
      help: CLIENT_CREATE_HELP,
      run: async (call) => (await import('./client-create.ts')).clientCreate(call),
    }),
  ]),
  commandGroup('signing-key', 'keys with which a running Identity signs tokens', [
    command({
      name: 'list',
      summary: 'show the keys and their states',
      flags: SIGNING_KEY_FLAGS,
      help: SIGNING_KEY_HELP,
      run: async (call) => (await import('./signing-key.ts')).signingKeyList(call),
    }),
    command({
      name: 'rotate',
      summary: 'take the next key into use, as planned',
      flags: SIGNING_KEY_FLAGS,
      help: SIGNING_KEY_HELP,
      run: async (call) => (await import('./signing-key.ts')).signingKeyRotate(call),
    }),
    command({
      name: 'withdraw',
      summary: 'end the trust in a key that leaked, at once',
      argument: { spelling: '<kid>', help: 'key id, as list shows it', type: text('a key id', 'kid') },
      flags: SIGNING_KEY_FLAGS,
      help: SIGNING_KEY_HELP,
      run: async (call) => (await import('./signing-key.ts')).signingKeyWithdraw(call),
    }),
  ]),
  commandGroup('issuer-keys', 'keys by which a running KMS verifies tokens', [
    command({
      name: 'flush',
      summary: 'forget them, and fetch them anew from their issuers',
      flags: ISSUER_KEYS_FLAGS,
      help: ISSUER_KEYS_HELP,
      run: async (call) => (await import('./issuer-keys.ts')).issuerKeysFlush(call),
    }),
  ]),
  commandGroup('audit', 'records of what was done with the keys of a KMS', [
    command({
      name: 'head',
      summary: 'show how far it has come, signed',
      flags: AUDIT_FLAGS,
      help: AUDIT_HELP,
      run: async (call) => (await import('./audit.ts')).auditHeadCommand(call),
    }),
    command({
      name: 'export',
      summary: 'write all records and heads into a file, a line each',
      argument: { spelling: '<file>', help: 'the file to write', type: file },
      flags: AUDIT_FLAGS,
      help: AUDIT_HELP,
      run: async (call) => (await import('./audit.ts')).auditExport(call),
    }),
    command({
      name: 'verify',
      summary: 'check an export without the KMS: chains, signed heads, gaps',
      argument: { spelling: '<file>', help: 'an export', type: file },
      flags: AUDIT_VERIFY_FLAGS,
      help: AUDIT_HELP,
      run: async (call) => (await import('./audit-verify.ts')).auditVerify(call),
    }),
  ]),
  commandGroup('barrier', 'the seal and the key hierarchy of a running KMS', [
    command({
      name: 'status',
      summary: 'tell whether it is sealed, and which keys stand above the tenants',
      flags: BARRIER_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier.ts')).barrierStatus(call),
    }),
    command({
      name: 'seal',
      summary: 'make it forget every key, until it is unsealed',
      flags: BARRIER_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier.ts')).barrierSeal(call),
    }),
    command({
      name: 'unseal',
      summary: 'give it unseal shares',
      flags: BARRIER_UNSEAL_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier.ts')).barrierUnseal(call),
    }),
    command({
      name: 'rotate',
      summary: 'make a new key of a level while it serves',
      argument: { spelling: '<level>', help: 'whose key', type: oneOf(['root', 'intermediate', 'content'], 'level') },
      flags: BARRIER_ROTATE_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier.ts')).barrierRotate(call),
    }),
    command({
      name: 'reshare',
      summary: 'make new unseal shares in the place of the present ones',
      flags: BARRIER_RESHARE_FLAGS,
      help: BARRIER_HELP,
      run: async (call) => (await import('./barrier-reshare.ts')).barrierReshare(call),
    }),
  ]),
];

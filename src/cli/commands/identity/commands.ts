import { type AddCommand, commandGroup } from '#cli/command-line/build-program.ts';
import {
  ACCOUNT_CREATE_HELP,
  ACCOUNT_HELP,
  CLIENT_CREATE_HELP,
  CLIENT_HELP,
  CLIENT_SECRET_HELP,
  SIGNING_KEY_HELP,
} from '#cli/command-line/identity-help.ts';
import { ACCOUNT_PASSWORD_FLAGS, CLIENT_CHANGE_FLAGS, CLIENT_ROTATE_SECRET_FLAGS } from '#cli/settings/client-change-flags.ts';
import { IDENTITY_ADMIN_FLAGS } from '#cli/settings/identity-admin-flags.ts';
import { ACCOUNT_CREATE_FLAGS, CLIENT_CREATE_FLAGS } from '#cli/settings/operator-flags.ts';
import { text } from '#cli/settings/value-types.ts';
import { operatorRow } from '../operator/commands.ts';

const ACCOUNT = { spelling: '<account>', help: 'its id or its user name', type: text('an account', 'account') } as const;
const CLIENT = { spelling: '<id>', help: 'the client_id', type: text('a client id', 'id') } as const;

/** The commands with which operators administer a running Identity, a row each; their code is imported when one is called. */
export const IDENTITY_COMMANDS: readonly AddCommand[] = [
  commandGroup('account', 'accounts of a running Identity', [
    operatorRow({
      name: 'create',
      summary: 'make an account that a person logs in with',
      argument: { spelling: '<username>', help: 'name for the log-in page', type: text('a user name', 'username') },
      flags: ACCOUNT_CREATE_FLAGS,
      help: ACCOUNT_CREATE_HELP,
      run: async (call) => (await import('./account-create.ts')).accountCreate(call),
    }),
    operatorRow({
      name: 'list',
      summary: 'show all accounts',
      flags: IDENTITY_ADMIN_FLAGS,
      help: ACCOUNT_HELP,
      run: async (call) => (await import('./accounts.ts')).accountList(call),
    }),
    operatorRow({
      name: 'show',
      summary: 'show an account',
      argument: ACCOUNT,
      flags: IDENTITY_ADMIN_FLAGS,
      help: ACCOUNT_HELP,
      run: async (call) => (await import('./accounts.ts')).accountShow(call),
    }),
    operatorRow({
      name: 'disable',
      summary: 'let nobody log in with an account, and end its sessions and tokens',
      argument: ACCOUNT,
      flags: IDENTITY_ADMIN_FLAGS,
      help: ACCOUNT_HELP,
      run: async (call) => (await import('./accounts.ts')).accountDisable(call),
    }),
    operatorRow({
      name: 'enable',
      summary: 'let people log in with an account again',
      argument: ACCOUNT,
      flags: IDENTITY_ADMIN_FLAGS,
      help: ACCOUNT_HELP,
      run: async (call) => (await import('./accounts.ts')).accountEnable(call),
    }),
    operatorRow({
      name: 'set-password',
      summary: 'set the password of an account, and end its sessions and tokens',
      argument: ACCOUNT,
      flags: ACCOUNT_PASSWORD_FLAGS,
      help: ACCOUNT_HELP,
      run: async (call) => (await import('./accounts.ts')).accountSetPassword(call),
    }),
    operatorRow({
      name: 'reset-factors',
      summary: 'remove all second factors of an account that were lost, and end its sessions and tokens',
      argument: ACCOUNT,
      flags: IDENTITY_ADMIN_FLAGS,
      help: ACCOUNT_HELP,
      run: async (call) => (await import('./accounts.ts')).accountResetFactors(call),
    }),
    operatorRow({
      name: 'remove',
      summary: 'remove an account for good, with its sessions and tokens',
      argument: ACCOUNT,
      flags: IDENTITY_ADMIN_FLAGS,
      help: ACCOUNT_HELP,
      run: async (call) => (await import('./accounts.ts')).accountRemove(call),
    }),
  ]),
  commandGroup('client', 'OAuth clients of a running Identity', [
    operatorRow({
      name: 'create',
      summary: 'make an OAuth client',
      argument: CLIENT,
      flags: CLIENT_CREATE_FLAGS,
      help: CLIENT_CREATE_HELP,
      run: async (call) => (await import('./client-create.ts')).clientCreate(call),
    }),
    operatorRow({
      name: 'list',
      summary: 'show all clients, those of the configuration and of a demo, too',
      flags: IDENTITY_ADMIN_FLAGS,
      help: CLIENT_HELP,
      run: async (call) => (await import('./clients.ts')).clientList(call),
    }),
    operatorRow({
      name: 'show',
      summary: 'show a client, and its etag',
      argument: CLIENT,
      flags: IDENTITY_ADMIN_FLAGS,
      help: CLIENT_HELP,
      run: async (call) => (await import('./clients.ts')).clientShow(call),
    }),
    operatorRow({
      name: 'change',
      summary: 'change what the flags name',
      argument: CLIENT,
      flags: CLIENT_CHANGE_FLAGS,
      help: CLIENT_HELP,
      run: async (call) => (await import('./client-change.ts')).clientChange(call),
    }),
    operatorRow({
      name: 'disable',
      summary: 'refuse a client, and end its grants and tokens',
      argument: CLIENT,
      flags: IDENTITY_ADMIN_FLAGS,
      help: CLIENT_HELP,
      run: async (call) => (await import('./clients.ts')).clientDisable(call),
    }),
    operatorRow({
      name: 'enable',
      summary: 'take a client again',
      argument: CLIENT,
      flags: IDENTITY_ADMIN_FLAGS,
      help: CLIENT_HELP,
      run: async (call) => (await import('./clients.ts')).clientEnable(call),
    }),
    operatorRow({
      name: 'rotate-secret',
      summary: 'make a new secret of a client, while the one before is good for a time',
      argument: CLIENT,
      flags: CLIENT_ROTATE_SECRET_FLAGS,
      help: CLIENT_SECRET_HELP,
      run: async (call) => (await import('./client-rotate-secret.ts')).clientRotateSecret(call),
    }),
    operatorRow({
      name: 'remove',
      summary: 'remove a client for good, with all that it was granted',
      argument: CLIENT,
      flags: IDENTITY_ADMIN_FLAGS,
      help: CLIENT_HELP,
      run: async (call) => (await import('./clients.ts')).clientRemove(call),
    }),
  ]),
  commandGroup('signing-key', 'keys with which a running Identity signs tokens', [
    operatorRow({
      name: 'list',
      summary: 'show the keys and their states',
      flags: IDENTITY_ADMIN_FLAGS,
      help: SIGNING_KEY_HELP,
      run: async (call) => (await import('./signing-key.ts')).signingKeyList(call),
    }),
    operatorRow({
      name: 'rotate',
      summary: 'take the next key into use, as planned',
      flags: IDENTITY_ADMIN_FLAGS,
      help: SIGNING_KEY_HELP,
      run: async (call) => (await import('./signing-key.ts')).signingKeyRotate(call),
    }),
    operatorRow({
      name: 'withdraw',
      summary: 'end the trust in a key that leaked, at once',
      argument: { spelling: '<kid>', help: 'key id, as list shows it', type: text('a key id', 'kid') },
      flags: IDENTITY_ADMIN_FLAGS,
      help: SIGNING_KEY_HELP,
      run: async (call) => (await import('./signing-key.ts')).signingKeyWithdraw(call),
    }),
  ]),
];

import { AppError } from '#infra/apperr/app-error.ts';
import { type AccountBody, identityAccounts } from '#client/admin/identity-accounts.ts';
import { capitalized } from '#infra/lines/capitalized.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { AccountChangeDocument, AccountListDocument } from '#cli/documents/accounts.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import { tableLines } from '#cli/reporters/lines/table.ts';
import type { ACCOUNT_PASSWORD_FLAGS } from '#cli/settings/client-change-flags.ts';
import type { IDENTITY_ADMIN_FLAGS } from '#cli/settings/identity-admin-flags.ts';
import { identityAdmin } from './identity-admin.ts';
import { operatorCommand, type OperatorResult } from '../operator/operator-command.ts';
import { originOfPassword, readPassword } from '../operator/read-password.ts';
import { refusedInput } from '../operator/refused-input.ts';

type Call<A> = CommandCall<A, typeof IDENTITY_ADMIN_FLAGS>;
type Own<D> = Omit<D, 'command' | 'exit_code'>;
type Accounts = ReturnType<typeof identityAccounts>;

const documented = ({ roles, permissions, second_factors: factors, ...account }: AccountBody) => ({
  ...account,
  roles: [...roles],
  permissions: [...permissions],
  second_factors: [...factors],
});

const stateOf = ({ disabled }: AccountBody): string => (disabled ? 'disabled' : 'enabled');

const HEAD = ['User name', 'State', 'Roles', 'Second factors', 'Of the demo', 'Id'];
const rowOf = (account: AccountBody): readonly string[] => [
  account.username,
  stateOf(account),
  account.roles.join(', ') || '-',
  account.second_factors.join(', ') || '-',
  account.demo ? 'yes' : 'no',
  account.id,
];

const recordOf = (account: AccountBody, body: string) => ({
  body,
  attributes: { 'passthru.account.id': account.id, 'passthru.account.name': account.username, 'passthru.account.state': stateOf(account) },
});

/** @param done in the past: `disabled`, `removed` */
const resultOf = (account: AccountBody, done: string): OperatorResult & { readonly document: Own<AccountChangeDocument> } => ({
  document: { version: 1, account: documented(account) },
  lines: [`${capitalized(done)} account ${account.username} (${account.id})`],
  short: [account.id],
  record: recordOf(account, `${done} account ${account.id}`),
});

/** `passthru account list`: all accounts, disabled ones too. */
export const accountList = (call: Call<undefined>): Promise<ExitCode> =>
  operatorCommand(call, async (flags, layout) => {
    await using identity = await identityAdmin(flags, call.process);
    const accounts = await identityAccounts(identity).list();
    const document: Own<AccountListDocument> = { version: 1, accounts: accounts.map(documented) };
    return {
      document,
      lines: accounts.length === 0 ? ['No accounts.'] : tableLines(HEAD, accounts.map(rowOf), layout),
      short: accounts.map(({ id }) => id),
      record: accounts.map((account) => recordOf(account, `account ${account.id}`)),
    };
  });

/** `passthru account show` */
export const accountShow = (call: Call<string>): Promise<ExitCode> =>
  operatorCommand(call, async (flags) => {
    await using identity = await identityAdmin(flags, call.process);
    const account = await identityAccounts(identity).find(call.argument);
    const shown = Object.entries(account).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
    return {
      ...resultOf(account, 'showed'),
      lines: shown.map(([name, value]) => `${name.padEnd(14)}  ${Array.isArray(value) ? value.join(' ') : String(value)}`),
    };
  });

/** @throws AppError `account-unknown` 404, `account-of-demo` 409 */
const changeable = async (accounts: Accounts, name: string): Promise<AccountBody> => {
  const account = await accounts.find(name);
  if (!account.demo) return account;
  throw new AppError('account-of-demo', 409, `The account ${account.username} is part of the demo.`, {
    fix: 'Make an account of your own by `passthru account create`; accounts of a demo are those of its seed.',
  });
};

const withAccount =
  (done: string, work: (accounts: Accounts, account: AccountBody) => Promise<AccountBody>) =>
  (call: Call<string>): Promise<ExitCode> =>
    operatorCommand(call, async (flags) => {
      await using identity = await identityAdmin(flags, call.process);
      const accounts = identityAccounts(identity);
      return resultOf(await work(accounts, await changeable(accounts, call.argument)), done);
    });

const setDisabled = (disabled: boolean) =>
  withAccount(disabled ? 'disabled' : 'enabled', async (accounts, { id }) => {
    await accounts.setDisabled(id, disabled);
    return accounts.read(id);
  });

/** `passthru account disable`: nobody logs in with it, and its sessions and tokens end. */
export const accountDisable = setDisabled(true);
/** `passthru account enable` */
export const accountEnable = setDisabled(false);

/** `passthru account reset-factors`: for somebody who has lost them; sessions and tokens end. */
export const accountResetFactors = withAccount('removed the second factors of', async (accounts, { id }) => {
  await accounts.resetFactors(id);
  return accounts.read(id);
});

/** `passthru account remove`: with its sessions and tokens. */
export const accountRemove = withAccount('removed', async (accounts, account) => {
  await accounts.remove(account.id);
  return account;
});

/** `passthru account set-password`: for somebody who has forgotten the old one; sessions and tokens end. */
export const accountSetPassword = (call: CommandCall<string, typeof ACCOUNT_PASSWORD_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ passwordFile: file, ...flags }) => {
    const { argument: of, process } = call;
    const password = await readPassword({ file, flag: '--password-file', of, process });
    await using identity = await identityAdmin(flags, process);
    const accounts = identityAccounts(identity);
    const account = await changeable(accounts, of);
    await accounts
      .setPassword(account.id, password)
      .catch(refusedInput(call.command, { '/password': originOfPassword('--password-file', file) }));
    return resultOf(account, 'set the password of');
  });

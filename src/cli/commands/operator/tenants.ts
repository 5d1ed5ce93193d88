import type { CommandCall } from '#cli/command-line/command.ts';
import type { TenantChangeDocument, TenantListDocument } from '#cli/documents/tenants.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { TENANT_FLAGS, TENANT_REMOVE_FLAGS } from '#cli/settings/operator-flags.ts';
import { changeTenant, listTenants, removeTenant, type ShownTenant } from '#client/admin/tenants.ts';
import { operatorClient, operatorCommand } from './operator-command.ts';
import { refusedInput } from './refused-input.ts';

type Call<A> = CommandCall<A, typeof TENANT_FLAGS>;
type Own<D> = Omit<D, 'command' | 'exit_code'>;

const shown = ({ id, name, state, removal_at }: ShownTenant) => ({ id, name, state, removal_at });

const lineOf = ({ id, name, state, removal_at: at }: ShownTenant): string =>
  `${state.padEnd(15)}  ${id}  ${name}${at === null ? '' : `, to be removed at ${at}`}`;

const changed = (done: string, tenant: ShownTenant) => {
  const document: Own<TenantChangeDocument> = { version: 1, tenant: shown(tenant) };
  return {
    document,
    lines: [lineOf(tenant)],
    short: [tenant.state],
    record: { body: `${done} tenant ${tenant.name}`, attributes: { 'passthru.tenant.id': tenant.id } },
  };
};

/** `passthru tenant list`: all tenants of the KMS, and the records of those that were removed. */
export const tenantList = (call: Call<unknown>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url }) => {
    await using client = await operatorClient(operator);
    const tenants = await listTenants({ url, client });
    const document: Own<TenantListDocument> = { version: 1, tenants: tenants.map(shown) };
    return {
      document,
      lines: tenants.length === 0 ? ['There are no tenants.'] : tenants.map(lineOf),
      short: tenants.map(({ id }) => id),
      record: { body: `the KMS has ${tenants.length} tenants`, attributes: {} },
    };
  });

const STEPS = { suspend: 'suspended', activate: 'activated', restore: 'restored' } as const;

const step =
  (name: keyof typeof STEPS) =>
  (call: Call<string>): Promise<ExitCode> =>
    operatorCommand(call, async ({ operator, url }) => {
      await using client = await operatorClient(operator);
      const refused = refusedInput(call.command, { 'path/id': '<tenant>' });
      return changed(STEPS[name], await changeTenant({ url, client, tenant: call.argument, step: name }).catch(refused));
    });

/** `passthru tenant suspend`: its credentials are refused until it is activated. */
export const tenantSuspend = step('suspend');
/** `passthru tenant activate` */
export const tenantActivate = step('activate');
/** `passthru tenant restore`: cancels a removal. */
export const tenantRestore = step('restore');

/** `passthru tenant remove`: after a wait, in which it can be restored. */
export const tenantRemove = (call: CommandCall<string, typeof TENANT_REMOVE_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url, waitDays }) => {
    await using client = await operatorClient(operator);
    const refused = refusedInput(call.command, { 'path/id': '<tenant>', 'query/wait_days': '--wait-days' });
    return changed('scheduled the removal of', await removeTenant({ url, client, tenant: call.argument, waitDays }).catch(refused));
  });

import { capitalized } from '#infra/lines/capitalized.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { TenantChangeDocument, TenantListDocument } from '#cli/documents/tenants.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import { tableLines } from '#cli/reporters/lines/table.ts';
import type { TENANT_FLAGS, TENANT_REMOVE_FLAGS } from '#cli/settings/operator-flags.ts';
import { changeTenant, listTenants, removeTenant, type ShownTenant } from '#client/admin/tenants.ts';
import { operatorClient, operatorCommand } from './operator-command.ts';
import { refusedInput } from './refused-input.ts';

type Call<A> = CommandCall<A, typeof TENANT_FLAGS>;
type Own<D> = Omit<D, 'command' | 'exit_code'>;

const shown = ({ id, name, state, removal_at }: ShownTenant) => ({ id, name, state, removal_at });

const HEAD = ['Tenant', 'State', 'Id', 'To be removed at'];
const rowOf = ({ id, name, state, removal_at: at }: ShownTenant): readonly string[] => [name, state, id, at ?? '-'];

const recordOf = (tenant: ShownTenant, body: string) => ({
  body,
  attributes: { 'passthru.tenant.id': tenant.id, 'passthru.tenant.name': tenant.name, 'passthru.tenant.state': tenant.state },
});

/** @param done in the past: `suspended` */
const changed = (done: string, tenant: ShownTenant) => {
  const { removal_at: at } = tenant;
  const document: Own<TenantChangeDocument> = { version: 1, tenant: shown(tenant) };
  return {
    document,
    lines: [`${capitalized(done)} tenant ${tenant.name} (${tenant.id})${at === null ? '' : `, to be removed at ${at}`}`],
    short: [tenant.state],
    record: recordOf(tenant, `${done} tenant ${tenant.name}`),
  };
};

/** `passthru tenant list`: all tenants of the KMS, and the records of those that were removed. */
export const tenantList = (call: Call<unknown>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url }, layout) => {
    await using client = await operatorClient(operator);
    const tenants = await listTenants({ url, client });
    const document: Own<TenantListDocument> = { version: 1, tenants: tenants.map(shown) };
    return {
      document,
      lines: tenants.length === 0 ? ['There are no tenants.'] : tableLines(HEAD, tenants.map(rowOf), layout),
      short: tenants.map(({ id }) => id),
      record: tenants.map((tenant) => recordOf(tenant, `tenant ${tenant.name}: ${tenant.state}`)),
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

import type { Account, KoaContextWithOIDC } from 'oidc-provider';
import type { AccountClaims } from '#identity/accounts/account.ts';
import { recordOf } from './client-metadata.ts';

/** The account as oidc-provider wants it, with our record inside. */
export const toAccount = (record: AccountClaims): Account => ({
  accountId: record.accountId,
  record,
  claims: () => ({
    sub: record.accountId,
    preferred_username: record.username,
    name: record.name,
    email: record.email,
    tenant_id: record.tenantId,
    roles: [...record.roles],
  }),
});

/** Our record of the account that the request is for, once oidc-provider has loaded it. */
export const accountOf = (account: Account | undefined): AccountClaims | undefined => account?.record as AccountClaims | undefined;

/** Whom a token stands for. */
export interface Owner {
  readonly tenantId: string | null;
  readonly roles: readonly string[];
}

/** Tenant and roles of the account that a token is for; of the client where it acts for itself. */
export const ownerOf = (ctx: KoaContextWithOIDC): Owner | undefined =>
  accountOf(ctx.oidc.account) ?? (ctx.oidc.client && recordOf(ctx.oidc.client));

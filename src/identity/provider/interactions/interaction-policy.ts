import { coversScope } from '#infra/magic/key-scopes.ts';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { interactionPolicy } from 'oidc-provider';
import { accountOf } from '../records/account-claims.ts';
import { mayAskForClaim } from '../records/claims-of-scopes.ts';
import { recordOf } from '../records/client-metadata.ts';
import { checksOf } from '../seams/interaction.ts';
import { grantFirstParty } from './first-party.ts';
import { sureEnough } from './sure-enough.ts';

const { Check, Prompt } = interactionPolicy;

/** Requested resource scopes that the user has not consented to, without those that the account may not hold anyway. */
const missingResourceScopes = (ctx: KoaContextWithOIDC): Record<string, string[]> => {
  const allowed = accountOf(ctx.oidc.account)?.scopes ?? [];
  const missing: Record<string, string[]> = {};
  for (const [resource, server] of Object.entries(ctx.oidc.resourceServers ?? {})) {
    const seen = new Set(ctx.oidc.grant?.getResourceScopeEncountered(resource).split(' '));
    const scopes = [...ctx.oidc.requestParamScopes].filter(
      (scope) => server.scopes.has(scope) && coversScope(allowed, scope) && !seen.has(scope),
    );
    if (scopes.length > 0) missing[resource] = scopes;
  }
  return missing;
};

/** Requested claims that the user has not consented to, without those that the client may not have. */
const missingClaims = (ctx: KoaContextWithOIDC): readonly string[] => {
  const { client, grant, requestParamClaims } = ctx.oidc;
  const seen = new Set(grant?.getOIDCClaimsEncountered());
  return [...requestParamClaims].filter((claim) => client !== undefined && mayAskForClaim(recordOf(client), claim) && !seen.has(claim));
};

/** The result of a consent page whose person wants to log in with another account. */
export const OTHER_ACCOUNT = { otherAccount: true } as const;

/**
 * The provider's own prompts, login before consent, with these changes: an account that is gone logs in again, somebody who is not the one
 * that has a session may log in as himself, a log-in is as sure as the client asks for, roles limit consent, and the scopes of the client the claims. A device is allowed anew each time.
 */
export const createInteractionPolicy = (): interactionPolicy.DefaultPolicy => {
  const policy = interactionPolicy.base();
  checksOf(policy, 'login').add(
    new Check('account_gone', 'the account of the session is disabled or gone', 'login_required', (ctx) =>
      ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT,
    ),
  );
  checksOf(policy, 'login').add(
    new Check('other_account', 'another account is to log in', 'login_required', (ctx) =>
      ctx.oidc.result !== undefined && 'otherAccount' in ctx.oidc.result ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT,
    ),
  );
  checksOf(policy, 'login').add(sureEnough());
  checksOf(policy, 'consent', 'op_claims_missing').add(
    new Check(
      'claims_missing',
      'requested claims not granted',
      'consent_required',
      (ctx) => (missingClaims(ctx).length > 0 ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT),
      (ctx) => ({ missingClaims: missingClaims(ctx) }),
    ),
  );
  // A code can come from a stranger: RFC 8628 section 5.4.
  checksOf(policy, 'consent').add(
    new Check('device', 'a device needs the consent of its person', 'consent_required', (ctx) =>
      /^(code_verification|device_resume)$/.test(ctx.oidc.route) && ctx.oidc.result?.consent === undefined
        ? Check.REQUEST_PROMPT
        : Check.NO_NEED_TO_PROMPT,
    ),
  );
  checksOf(policy, 'consent', 'rs_scopes_missing').add(
    new Check(
      'resource_scopes_missing',
      'requested scopes not granted',
      'consent_required',
      (ctx) => (Object.keys(missingResourceScopes(ctx)).length > 0 ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT),
      (ctx) => ({ missingResourceScopes: missingResourceScopes(ctx) }),
    ),
  );
  // After the log-in and before consent, which then misses nothing. No page belongs to it: it never asks.
  policy.add(
    new Prompt(
      { name: 'first_party' },
      new Check('first_party', 'a client of the first party is granted what it asks for', 'interaction_required', async (ctx) => {
        await grantFirstParty(ctx, { claims: missingClaims, resourceScopes: missingResourceScopes });
        return Check.NO_NEED_TO_PROMPT;
      }),
    ),
    1,
  );
  return policy;
};

import type { Grant, interactionPolicy, Provider } from 'oidc-provider';
import { InternalError } from '#infra/apperr/app-error.ts';

/** An interaction of oidc-provider: a request that waits for a person. */
export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);

/**
 * Reads what a consent would add to the grant.
 *
 * Why: oidc-provider says it only in the details of its prompt, as an untyped object.
 * Bends: `missingOIDCScope`, read in oidc-provider 9.13.3 (lib/helpers/interaction_policy/prompts/consent.js); `missingClaims` and
 * `missingResourceScopes` are of our own checks.
 * Held by: test/identity/provider/seams/interaction.test.ts
 */
export const missingConsent = ({ prompt }: Interaction) => ({
  scopes: texts(prompt.details.missingOIDCScope),
  claims: texts(prompt.details.missingClaims),
  resourceScopes: Object.entries((prompt.details.missingResourceScopes ?? {}) as Record<string, unknown>).map(
    ([resource, scopes]) => [resource, texts(scopes)] as const,
  ),
});

/**
 * Makes a grant with all that an earlier one holds, whose time to live counts from now.
 *
 * Why: oidc-provider keeps the end of a grant that is saved again, so that a consent given today could end tomorrow.
 * Bends: the members of a `Grant`, which its constructor takes back, and `exp` and `iat`, which it sets where they are missing; read in
 * oidc-provider 9.13.3 (lib/models/grant.js, lib/models/base_token.js).
 * Held by: test/identity/provider/seams/interaction.test.ts
 */
export const renewedGrant = (
  provider: Provider,
  existing: Grant | undefined,
  owner: { readonly accountId: string; readonly clientId: string },
): Grant => {
  const members: object = { ...existing, exp: undefined, iat: undefined };
  return new provider.Grant({ ...members, ...owner });
};

/**
 * The checks of a prompt, without one of oidc-provider's own.
 *
 * Why: oidc-provider removes a check of a name that it does not have without a word, and its own rule would hold beside ours.
 * Bends: the names of prompts and checks, read in oidc-provider 9.13.3 (lib/helpers/interaction_policy/prompts/).
 * Held by: test/identity/provider/seams/interaction.test.ts
 *
 * @throws InternalError when there is no such prompt or check
 */
export const checksOf = (
  policy: interactionPolicy.DefaultPolicy,
  promptName: string,
  without?: string,
): Pick<interactionPolicy.Prompt['checks'], 'add'> => {
  const checks = policy.get(promptName)?.checks;
  if (checks === undefined) throw new InternalError(`oidc-provider has no prompt ${promptName}`);
  if (without === undefined) return checks;
  if (checks.get(without) === undefined) throw new InternalError(`oidc-provider has no check ${without}`);
  checks.remove(without);
  return checks;
};

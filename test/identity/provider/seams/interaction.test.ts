import { randomUUIDv7 } from 'node:crypto';
import { interactionPolicy } from 'oidc-provider';
import { afterEach, expect, test, vi } from 'vitest';
import { checksOf, type Interaction, missingConsent, renewedGrant } from '#identity/provider/seams/interaction.ts';
import { startBareProvider } from './bare-provider.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** The details that a check of oidc-provider gives for a request. */
const detailsOf = async (reason: string, oidc: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> => {
  const check = interactionPolicy.base().get('consent')?.checks.get(reason);
  const ctx = { oidc: { grant: { getOIDCScopeEncountered: () => '' }, ...oidc } } as never;
  expect(await check?.check(ctx)).toBe(true);
  return (await check?.details(ctx)) as Readonly<Record<string, unknown>>;
};

test('oidc-provider says what is missing by the names that the seam reads', async () => {
  const scopes = await detailsOf('op_scopes_missing', { requestParamOIDCScopes: new Set(['openid', 'profile']) });
  const missingClaims = ['email'];
  const missingResourceScopes = { 'urn:passthru:one': ['one:read'] };

  expect(missingConsent({ prompt: { details: { ...scopes, missingClaims, missingResourceScopes } } } as unknown as Interaction)).toEqual({
    scopes: ['openid', 'profile'],
    claims: ['email'],
    resourceScopes: [['urn:passthru:one', ['one:read']]],
  });
  expect(missingConsent({ prompt: { details: {} } } as unknown as Interaction)).toEqual({ scopes: [], claims: [], resourceScopes: [] });
});

test('a grant that is made again from its members keeps its end; a renewed one ends later and holds the same', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await using bare = await startBareProvider({ configuration: { ttl: { Grant: 1000 } } });
  const { Grant } = bare.provider;
  const owner = { accountId: randomUUIDv7(), clientId: 'bare-client' };
  const first = new Grant(owner);
  first.addOIDCScope('openid');
  first.addResourceScope('urn:passthru:one', 'one:read');
  const id = await first.save();
  const existing = await Grant.find(id);

  vi.setSystemTime(Date.now() + 600_000);
  await new Grant({ ...existing, ...owner } as never).save();
  const again = await Grant.find(id);
  await renewedGrant(bare.provider, existing, owner).save();
  const renewed = await Grant.find(id);

  expect(again?.exp).toBe(existing?.exp);
  expect(renewed?.exp).toBe(Number(existing?.exp) + 600);
  expect([renewed?.getOIDCScope(), renewed?.getResourceScope('urn:passthru:one')]).toEqual(['openid', 'one:read']);
});

test('oidc-provider has the prompts and the check that the policy names, and removes an unknown check without a word', () => {
  const policy = interactionPolicy.base();

  expect(() => policy.get('consent')?.checks.remove('no_such_check')).not.toThrow();
  expect(() => checksOf(policy, 'login')).not.toThrow();
  expect(() => checksOf(policy, 'consent', 'rs_scopes_missing')).not.toThrow();
  expect(policy.get('consent')?.checks.get('rs_scopes_missing')).toBeUndefined();
  expect(() => checksOf(policy, 'consent', 'no_such_check')).toThrow('no check no_such_check');
  expect(() => checksOf(policy, 'no_such_prompt')).toThrow('no prompt no_such_prompt');
});

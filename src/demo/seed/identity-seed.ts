import { decodeJwt, jwtVerify } from 'jose';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { from, list, type Taken } from '#demo/evidence/taken.ts';
import type { Checker } from '#demo/step/checker.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import type { IdentityApi } from '#client/identity/identity.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import type { StepWork } from '#demo/step/step.ts';
import { person, serviceClient, visitor } from '#demo/world/callers.ts';
import { account, LOOPBACK_REDIRECT, PUBLIC_CLIENT } from '#demo/world/names.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';
import { readIdentitySeed, type IdentitySeed } from '#demo/world/seed-files.ts';
import { wholeSeed } from './whole-seed.ts';

export interface SeedCheckOptions {
  readonly stack: StackAccess;
  /** The tenant ids that the seed must stand under. */
  readonly tenants: DemoTenants;
  readonly check: Checker;
}

/** Logs in as every account and takes a token as every service client: all of the seed is there, under these tenants. */
export const checkIdentitySeed = async ({ stack, tenants, check }: SeedCheckOptions): Promise<IdentitySeed> => {
  const seed = await readIdentitySeed();
  /** The name of a tenant whose id an answer tells. */
  const tenantOf = (id: Taken): Taken => id.named(tenants);
  const logIn = async (username: string): Promise<Taken> => {
    const { identity, tokens } = await person(stack, username, 'openid kms:crypto');
    await verify(identity, tokens.access_token);
    const token = from(tokens).body('/access_token');
    return list([tenantOf(token.claim('/tenant_id')), token.claim('/roles').sorted]);
  };
  /** A code is good once, so a run that used one would fail the next within the same half minute. */
  const beginLogIn = async (username: string): Promise<Taken> => {
    const identity = await visitor(stack);
    const request = identity.authorizationRequest({ clientId: PUBLIC_CLIENT.id, redirectUri: LOOPBACK_REDIRECT, scope: 'openid' });
    const { last } = await identity.logIn(request, account(username));
    return from(last).body('/heading');
  };
  const serve = async (id: string, scope: string, binding: string | undefined): Promise<Taken> => {
    const client = { id, secret: demoPassword(id) };
    const options = binding === 'certificate' ? { certificate: stack.endpoints.serviceClient } : {};
    const { identity, token, tokens } = await serviceClient(stack, client, scope, options);
    if (token.split('.').length === 3) {
      await verify(identity, token);
      return list([tenantOf(from(tokens).body('/access_token').claim('/tenant_id'))]);
    }
    // An opaque token says nothing by itself.
    return list([tenantOf(from(await identity.introspect(client, token)).body('/tenant_id'))]);
  };

  await Promise.all([
    ...seed.accounts.map(({ username, tenant, roles, totp_secret: secret }) =>
      secret === undefined
        ? check(`account-${username}`, `${username} logs in: tenant and roles`, [tenant, ...roles.toSorted()], logIn(username))
        : check(
            `account-${username}`,
            `${username} is asked for a code behind the password`,
            'Confirm that it is you',
            beginLogIn(username),
          ),
    ),
    ...seed.clients
      .filter(({ grant_types: grants }) => grants.includes('client_credentials'))
      .map(({ client_id: id, tenant = '', scopes, token_binding: binding }) =>
        check(
          `client-${id}`,
          `${id} gets a token: tenant`,
          [tenant],
          serve(id, scopes.filter((scope) => scope.startsWith('kms:')).join(' '), binding),
        ),
      ),
  ]);
  return seed;
};

/** @throws where the token is not of this Identity, for the KMS */
const verify = async (identity: IdentityApi, token: string): Promise<void> => {
  const keys = await identity.keys();
  // As of its issue: one client's tokens live a second, and a busy machine may take longer to get here.
  const currentDate = new Date((decodeJwt(token).iat ?? 0) * 1000);
  await jwtVerify(token, keys, { issuer: identity.discovery.issuer, audience: KMS_RESOURCE, currentDate });
};

/** The seeded accounts and clients of Identity, as their users find them. */
export const run: StepWork = async ({ engine, stack, check }) => {
  const options = { stack, tenants: await engine.demoTenants() };
  const { accounts, clients } = await wholeSeed('identity', check, (watched) => checkIdentitySeed({ ...options, check: watched }));
  return `${accounts.length} accounts, ${clients.length} clients`;
};

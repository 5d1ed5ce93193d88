import { jwtVerify } from 'jose';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { OAuthClient } from '#client/identity/identity.ts';
import { randomText } from '#client/identity/random-text.ts';
import { from, present, type Taken, words } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { visitor } from '#demo/world/callers.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';

/** A service gets a token for itself. @see RFC 6749 section 4.4 */
export const run: StepWork = async ({ stack, check, engine }) => {
  const identity = await visitor(stack);
  const tokens = await identity.clientCredentials(CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
  await check('bearer', 'Token type', 'Bearer', from(tokens).body('/token_type'));
  await check('no-refresh', 'A refresh token', 'none', present(from(tokens).body('/refresh_token')).choose('one', 'none'));
  // It throws where the token is not what the claims below are read from.
  await jwtVerify(tokens.access_token, await identity.keys(), {
    issuer: identity.discovery.issuer,
    audience: KMS_RESOURCE,
    typ: 'at+jwt',
  });
  const token = from(tokens).body('/access_token');
  await check('client', 'The token names its client', CONFIDENTIAL_CLIENT.id, token.claim('/client_id'));
  await check('scope', 'and the scopes asked for', ['kms:crypto', 'kms:read'], token.claim('/scope').unspaced.sorted);
  await check('tenant', 'and the tenant of the client', (await engine.demoTenants())['demo'] ?? 'none', token.claim('/tenant_id'));

  const refused = async (client: OAuthClient, change: Record<string, string> = {}): Promise<Taken> => {
    const response = await identity.tokenRequest(client, {
      grant_type: 'client_credentials',
      scope: 'kms:read',
      resource: KMS_RESOURCE,
      ...change,
    });
    return words(from(response).status, from(response).body('/error').or('accepted'));
  };
  await Promise.all([
    check('wrong-secret', 'Wrong secret', '401 invalid_client', refused({ ...CONFIDENTIAL_CLIENT, secret: randomText() })),
    check('unknown-client', 'Unknown client', '401 invalid_client', refused({ id: `nobody-${randomText(6)}`, secret: randomText() })),
    check('foreign-scope', 'Scope not granted', '400 invalid_scope', refused(CONFIDENTIAL_CLIENT, { scope: 'kms:admin' })),
    check('foreign-resource', 'Unknown resource', '400 invalid_target', refused(CONFIDENTIAL_CLIENT, { resource: 'urn:elsewhere' })),
    check(
      'password-grant',
      'Password grant',
      '400 unsupported_grant_type',
      refused(CONFIDENTIAL_CLIENT, { grant_type: 'password', username: 'x', password: 'y' }),
    ),
  ]);
  return `${CONFIDENTIAL_CLIENT.id} · kms:read kms:crypto`;
};

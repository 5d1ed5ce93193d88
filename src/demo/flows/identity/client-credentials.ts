import { jwtVerify } from 'jose';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { identityApi, random, type OAuthClient } from '#demo/client/identity.ts';
import { problemOf } from '#demo/client/problem.ts';
import type { Story } from '#demo/steps/step.ts';
import { CONFIDENTIAL_CLIENT } from '../demo-names.ts';
import { shortLivedToken } from '../short-lived-token.ts';

/** A service gets a token for itself. @see RFC 6749 section 4.4 */
export const clientCredentials: Story = async (context) => {
  const { stack, check, engine, services, kept } = context;
  if (services.includes('kms')) {
    // A KMS that does not answer is not this step's to tell: the step that needs the token takes one itself.
    const early = await shortLivedToken(context).catch(() => null);
    if (early?.answer === '200') kept.shortLivedToken = early;
  }
  const identity = await identityApi(stack, await stack.session());
  const tokens = await identity.clientCredentials(CONFIDENTIAL_CLIENT, 'kms:read kms:crypto');
  await check('bearer', 'Token type', 'Bearer', tokens.token_type);
  await check('no-refresh', 'A refresh token', 'none', tokens.refresh_token === undefined ? 'none' : 'one');
  const { payload } = await jwtVerify(tokens.access_token, await identity.keys(), {
    issuer: identity.discovery.issuer,
    audience: KMS_RESOURCE,
    typ: 'at+jwt',
  });
  await check('client', 'The token names its client', CONFIDENTIAL_CLIENT.id, String(payload['client_id']));
  await check('scope', 'and the scopes asked for', 'kms:crypto kms:read', String(payload['scope']).split(' ').toSorted().join(' '));
  await check('tenant', 'and the tenant of the client', (await engine.demoTenants())['demo'] ?? 'none', String(payload['tenant_id']));

  const refused = async (client: OAuthClient, change: Record<string, string> = {}): Promise<string> => {
    const response = await identity.tokenRequest(client, {
      grant_type: 'client_credentials',
      scope: 'kms:read',
      resource: KMS_RESOURCE,
      ...change,
    });
    return `${response.status} ${problemOf(response).error ?? 'accepted'}`;
  };
  await Promise.all([
    check('wrong-secret', 'Wrong secret', '401 invalid_client', refused({ ...CONFIDENTIAL_CLIENT, secret: random() })),
    check('unknown-client', 'Unknown client', '401 invalid_client', refused({ id: `nobody-${random(6)}`, secret: random() })),
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

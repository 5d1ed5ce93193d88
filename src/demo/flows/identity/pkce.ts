import { createHash } from 'node:crypto';
import { jwtVerify } from 'jose';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { IdentityApi } from '#client/identity/identity.ts';
import { all, different, equal, errorIn, from, observed, present, same } from '#demo/evidence/taken.ts';
import type { StepContext, StepWork } from '#demo/step/step.ts';
import { visitor } from '#demo/world/callers.ts';
import { PUBLIC_CLIENT } from '#demo/world/names.ts';
import { readIdentitySeed } from '#demo/world/seed-files.ts';
import { BY_HAND, type LoggedIn, logInByHand, logInByProgram } from './log-in.ts';

/** Why a check cannot be made again from a record: the signature of a token is what makes it a credential. */
const NO_SIGNATURE = 'it takes the signature of a token, which no record holds';

/** A person logs in to an application with authorization code and PKCE, from discovery to refresh rotation. */
export const run: StepWork = async (context) => {
  const identity = await visitor(context.stack);
  const discovered = from(identity.discovery);
  const { check, byHand } = context;
  await check('issuer', 'Discovery names the issuer that was asked', context.stack.endpoints.identity.issuer, discovered.body('/issuer'));
  await check('methods', 'PKCE methods on offer', ['S256'], discovered.body('/code_challenge_methods_supported'));
  if (byHand === null) return redeem(context, identity, await logInByProgram({ ...context, identity }));

  await using browser = await byHand.begin();
  const detail = await redeem(context, identity, await logInByHand(browser, { ...context, identity }));
  browser.tell(
    'You are logged in',
    `passthru has tokens for ${detail.split(' ')[0]}, and has looked at each of them. This tab can be closed.`,
  );
  return detail;
};

/** The code for tokens, and all that can be said of these. */
const redeem = async ({ check, engine }: StepContext, identity: IdentityApi, { request, code, nonce }: LoggedIn): Promise<string> => {
  const { issuer } = identity.discovery;
  const tokens = await identity.exchange(PUBLIC_CLIENT, request, code);
  await check('token-type', 'Token type', 'Bearer', from(tokens).body('/token_type'));
  await check(
    'id-and-refresh',
    'ID token and refresh token came too',
    true,
    present(from(tokens).body('/id_token'), from(tokens).body('/refresh_token')),
  );

  const keys = await identity.keys();
  const idToken = await jwtVerify(tokens.id_token ?? '', keys, { issuer, audience: PUBLIC_CLIENT.id });
  await check(
    'id-token-alg',
    'ID token verified with the published key, algorithm',
    'ES256',
    observed(NO_SIGNATURE, idToken.protectedHeader.alg),
  );
  const came = idToken.payload['nonce'] === request.nonce ? 'our nonce' : 'not our nonce';
  const shown = nonce === null ? observed(BY_HAND, came) : same('our nonce', nonce, from(tokens).body('/id_token').claim('/nonce'));
  await check('nonce', 'its nonce', 'our nonce', shown);
  const half = createHash('sha256').update(tokens.access_token).digest().subarray(0, 16).toString('base64url');
  await check(
    'at-hash',
    'its at_hash',
    'of this access token',
    observed(NO_SIGNATURE, half === idToken.payload['at_hash'] ? 'of this access token' : 'of another'),
  );

  const token = from(tokens).body('/access_token');
  // It throws where the token is not what the claims below are read from.
  await jwtVerify(tokens.access_token, keys, { issuer, audience: KMS_RESOURCE, typ: 'at+jwt' });
  await check('access-typ', 'Access token type', 'at+jwt', token.header('/typ'));
  await check('access-aud', 'its audience', KMS_RESOURCE, token.claim('/aud'));
  const { username, tenant, roles } = await accountOf(nonce === null ? String(idToken.payload['preferred_username']) : 'demo-user');
  await check('access-tenant', 'its tenant', (await engine.demoTenants())[tenant] ?? 'none', token.claim('/tenant_id'));
  await check('access-roles', 'its roles', roles, token.claim('/roles'));

  const rotated = await identity.tokenRequest(PUBLIC_CLIENT, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' });
  const next = rotated.json<{ refresh_token?: string }>().refresh_token ?? '';
  await check(
    'rotated',
    'Refresh gives another refresh token',
    true,
    all(equal(200, from(rotated).status), different(from(tokens).body('/refresh_token'), from(rotated).body('/refresh_token'))),
  );
  const successor = await identity.tokenRequest(PUBLIC_CLIENT, { grant_type: 'refresh_token', refresh_token: next });
  await check('successor', 'which works in its turn', 200, from(successor).status);
  const last = successor.json<{ refresh_token?: string }>().refresh_token ?? '';
  const refreshWith = async (token: string) =>
    errorIn(await identity.tokenRequest(PUBLIC_CLIENT, { grant_type: 'refresh_token', refresh_token: token }));
  await check('reuse-refused', 'Old refresh token again', 'invalid_grant', refreshWith(tokens.refresh_token ?? ''));
  await check('family-revoked', 'The newest refresh token after that', 'invalid_grant', refreshWith(last));
  return `${username} · S256 · code → ID token, access token, refresh`;
};

/** A person may choose any account of the demo; one that they made has no place in its seed. */
const accountOf = async (username: string) => {
  const { accounts } = await readIdentitySeed();
  return accounts.find((account) => account.username === username) ?? { username, tenant: 'demo', roles: ['user'] };
};

import { createHash } from 'node:crypto';
import { jwtVerify } from 'jose';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { callbackOf } from '#client/browser/walk.ts';
import { all, different, equal, errorIn, from, list, observed, present, same } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { visitor } from '#demo/world/callers.ts';
import { account, LOOPBACK_REDIRECT, PUBLIC_CLIENT, USER_SCOPE } from '#demo/world/names.ts';

/** Why a check cannot be made again from a record: the signature of a token is what makes it a credential. */
const NO_SIGNATURE = 'it takes the signature of a token, which no record holds';

/** A person logs in to an application with authorization code and PKCE, from discovery to refresh rotation. */
export const run: StepWork = async ({ stack, check, engine }) => {
  const identity = await visitor(stack);
  const { issuer } = identity.discovery;
  const discovered = from(identity.discovery);
  await check('issuer', 'Discovery names the issuer that was asked', stack.endpoints.identity.issuer, discovered.body('/issuer'));
  await check('methods', 'PKCE methods on offer', ['S256'], discovered.body('/code_challenge_methods_supported'));

  const request = identity.authorizationRequest({ clientId: PUBLIC_CLIENT.id, redirectUri: LOOPBACK_REDIRECT, scope: USER_SCOPE });
  const walked = await identity.logIn(request, account('demo-user'));
  const { searchParams } = callbackOf(walked);
  const asked = from(walked.first).url;
  const back = from(walked.last).header('location');
  await check('pages', 'Pages on the way', ['login', 'consent'], list(walked.filledIn.map((page) => from(page).url.place)));
  await check('state', 'The callback carries our state', true, equal(asked.query('state'), back.query('state')));
  await check('iss', 'and the issuer', issuer, back.query('iss'));

  const tokens = await identity.exchange(PUBLIC_CLIENT, request, searchParams.get('code') ?? '');
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
  await check('nonce', 'its nonce', 'our nonce', same('our nonce', asked.query('nonce'), from(tokens).body('/id_token').claim('/nonce')));
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
  await check('access-tenant', 'its tenant', (await engine.demoTenants())['demo'] ?? 'none', token.claim('/tenant_id'));
  await check('access-roles', 'its roles', ['user'], token.claim('/roles'));

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
  return 'demo-user · S256 · code → ID token, access token, refresh';
};

import { createHash } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { callbackOf } from '#client/browser/walk.ts';
import { problemOf } from '#client/problem.ts';
import { same } from '#demo/step/checker.ts';
import type { StepWork } from '#demo/step/step.ts';
import { visitor } from '#demo/world/callers.ts';
import { account, LOOPBACK_REDIRECT, PUBLIC_CLIENT, USER_SCOPE } from '#demo/world/names.ts';

/** A person logs in to an application with authorization code and PKCE, from discovery to refresh rotation. */
export const run: StepWork = async ({ stack, check, engine }) => {
  const identity = await visitor(stack);
  const { issuer } = identity.discovery;
  await check('issuer', 'Discovery names the issuer that was asked', stack.endpoints.identity.issuer, issuer);
  await check('methods', 'PKCE methods on offer', ['S256'], identity.discovery.code_challenge_methods_supported);

  const request = identity.authorizationRequest({ clientId: PUBLIC_CLIENT.id, redirectUri: LOOPBACK_REDIRECT, scope: USER_SCOPE });
  const walked = await identity.logIn(request, account('demo-user'));
  const { searchParams } = callbackOf(walked);
  await check('pages', 'Pages on the way', ['login', 'consent'], walked.pages);
  await check('state', 'The callback carries our state', true, searchParams.get('state') === request.state);
  await check('iss', 'and the issuer', issuer, searchParams.get('iss'));

  const tokens = await identity.exchange(PUBLIC_CLIENT, request, searchParams.get('code') ?? '');
  await check('token-type', 'Token type', 'Bearer', tokens.token_type);
  await check(
    'id-and-refresh',
    'ID token and refresh token came too',
    true,
    tokens.id_token !== undefined && tokens.refresh_token !== undefined,
  );

  const keys = await identity.keys();
  const idToken = await jwtVerify(tokens.id_token ?? '', keys, { issuer, audience: PUBLIC_CLIENT.id });
  await check('id-token-alg', 'ID token verified with the published key, algorithm', 'ES256', idToken.protectedHeader.alg);
  await check('nonce', 'its nonce', 'our nonce', same('our nonce', request.nonce, idToken.payload['nonce']));
  const half = createHash('sha256').update(tokens.access_token).digest().subarray(0, 16).toString('base64url');
  await check('at-hash', 'its at_hash', 'of this access token', same('of this access token', half, idToken.payload['at_hash']));

  const access = await jwtVerify(tokens.access_token, keys, { issuer, audience: KMS_RESOURCE, typ: 'at+jwt' });
  await check('access-typ', 'Access token type', 'at+jwt', decodeProtectedHeader(tokens.access_token).typ ?? 'none');
  await check('access-aud', 'its audience', KMS_RESOURCE, String(access.payload.aud));
  await check('access-tenant', 'its tenant', (await engine.demoTenants())['demo'] ?? 'none', String(access.payload['tenant_id']));
  await check('access-roles', 'its roles', ['user'], access.payload['roles'] as string[]);

  const rotated = await identity.tokenRequest(PUBLIC_CLIENT, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' });
  const next = rotated.json<{ refresh_token?: string }>().refresh_token ?? '';
  await check(
    'rotated',
    'Refresh gives another refresh token',
    true,
    rotated.status === 200 && next !== '' && next !== tokens.refresh_token,
  );
  const successor = await identity.tokenRequest(PUBLIC_CLIENT, { grant_type: 'refresh_token', refresh_token: next });
  await check('successor', 'which works in its turn', 200, successor.status);
  const last = successor.json<{ refresh_token?: string }>().refresh_token ?? '';
  const refreshWith = async (token: string) =>
    problemOf(await identity.tokenRequest(PUBLIC_CLIENT, { grant_type: 'refresh_token', refresh_token: token })).error ?? 'accepted';
  await check('reuse-refused', 'Old refresh token again', 'invalid_grant', refreshWith(tokens.refresh_token ?? ''));
  await check('family-revoked', 'The newest refresh token after that', 'invalid_grant', refreshWith(last));
  return 'demo-user · S256 · code → ID token, access token, refresh';
};

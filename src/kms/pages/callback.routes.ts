import type { App } from '#infra/http/server.ts';
import { CALLBACK_PATH } from '#kms/access/code-flow/create-relying-party.ts';
import { logInDenied, logInRefused, logInUnknown } from '#kms/access/code-flow/log-in-errors.ts';
import { beginSession } from './log-in.routes.ts';
import { asFor, type PagesOptions } from './page-context.ts';

/** The errors of RFC 6749 section 4.1.2.1 and OpenID Connect Core section 3.1.2.6 are words. */
const ERROR = /^[a-z_]{1,64}$/;

const single = (value: unknown): string | null => (typeof value === 'string' && value !== '' && value.length <= 2_048 ? value : null);

/**
 * `GET /ui/callback`: an issuer sends the browser back with a code. In this order: is it the answer to a log-in that this browser has
 * begun (`state`), from the issuer to which it went (`iss`), is the code good, the ID token of this log-in (`nonce`), the access token of
 * the same user?
 *
 * @see RFC 9700 sections 2.1 and 4.4 (mix-up), RFC 9207 section 2.4
 */
export const registerCallback = (app: App, { browser, authenticate }: PagesOptions): void => {
  const { pending, parties } = browser;
  app.get(CALLBACK_PATH, async (request, reply) => {
    const query = request.query as Readonly<Record<string, unknown>>;
    const ended = pending.end(request.headers.cookie, single(query['state']) ?? '');
    if (ended === null) throw logInUnknown();
    // It is over, however it ends.
    reply.header('set-cookie', ended.cookie);
    const party = parties.find(({ issuer }) => issuer === ended.pending.issuer);
    if (party === undefined || query['iss'] !== party.issuer) throw logInRefused('another issuer answers than the one that was asked');
    const error = single(query['error']);
    if (error !== null) throw logInDenied(ERROR.test(error) ? error : 'for a reason that cannot be read');
    const code = single(query['code']);
    if (code === null) throw logInRefused('the answer has no code');

    const { accessToken, refreshToken, subject, username } = await party.redeem(code, ended.pending);
    request.facts = { credential: 'token' };
    const found = await authenticate({ kind: 'bearer', token: accessToken, peer: null }, asFor(request));
    const { authentication } = found;
    if (authentication.kind !== 'token' || authentication.issuer !== party.issuer || found.subject !== subject)
      throw logInRefused('the access token is of another user than the ID token');
    const caller = { ...found, username: username ?? found.username };
    const { scopes, permissions, custom } = authentication.claims;
    const { grant_id: named } = custom;
    const grant = typeof named === 'string' ? named : null;
    const proof = { kind: 'issuer', issuer: party.issuer, refreshToken, scopes, permissions, grant } as const;
    await beginSession(request, reply, browser, { caller, proof });
    return reply.header('cache-control', 'no-store').redirect(ended.pending.returnTo, 303);
  });
};

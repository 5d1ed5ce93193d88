import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';

type Session = InstanceType<Provider['Session']>;
type Context = ReturnType<Provider['createContext']>;

const contextOf = (provider: Provider, req: IncomingMessage): Context => provider.createContext(req, new ServerResponse(req));

const sessionOf = (provider: Provider, ctx: Context): Promise<Session> =>
  (provider.Session as unknown as { get(ctx: Context): Promise<Session> }).get(ctx);

/**
 * The session whose cookie a request brings, or an empty one.
 *
 * Why: oidc-provider knows sessions at its own endpoints alone, and the page of the account is none of them.
 * Bends: `Session.get`, which takes the cookies of a context without `oidc` too, and `createContext`, read in oidc-provider 9.13.3
 * (lib/models/session.js, lib/provider.js) and Koa 3 (lib/application.js).
 * Held by: test/identity/provider/seams/browser-session.test.ts
 */
export const readSession = (provider: Provider, req: IncomingMessage): Promise<Session> => sessionOf(provider, contextOf(provider, req));

/**
 * Logs in at the browser of a request, as the end of an interaction does: the session gets a new id, and one of another account is deleted.
 *
 * Why: oidc-provider logs in at the end of the authorization request of a client alone.
 * Bends: `loginAccount`, `resetIdentifier` and `save` of a session, and the name and options of its cookie, read in
 * oidc-provider 9.13.3 (lib/models/session.js, lib/shared/session.js, lib/actions/authorization/resume.js).
 * Held by: test/identity/provider/seams/browser-session.test.ts
 *
 * @param seconds that the session lives
 * @returns values of `Set-Cookie`
 */
export const writeSession = async (
  provider: Provider,
  req: IncomingMessage,
  login: Parameters<Session['loginAccount']>[0],
  seconds: number,
): Promise<readonly string[]> => {
  const ctx = contextOf(provider, req);
  const before = await sessionOf(provider, ctx);
  const isOfAnother = before.accountId !== undefined && before.accountId !== login.accountId;
  if (isOfAnother) await before.destroy();
  const session = isOfAnother ? new provider.Session() : before;
  if (before.jti !== undefined && !isOfAnother) session.resetIdentifier();
  session.loginAccount(login);
  await (session as unknown as { save(ttl: number): Promise<unknown> }).save(seconds);
  const expires = login.transient === true ? {} : { maxAge: seconds * 1000 };
  ctx.cookies.set(provider.cookieName('session'), session.jti, {
    signed: true,
    httpOnly: true,
    secure: true,
    sameSite: 'lax',
    path: '/',
    ...expires,
  });
  return [ctx.res.getHeader('set-cookie') ?? []].flat().map(String);
};

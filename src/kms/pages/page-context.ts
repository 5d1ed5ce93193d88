import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { type Html, renderHtml } from '#infra/html/html.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Authenticate } from '#kms/access/guard/authentication.ts';
import type { BrowserAccess } from '#kms/access/guard/open-browser.ts';
import type { CountRequests } from '#kms/access/guard/tenant-rate.ts';
import type { BrowserSession } from '#kms/access/sessions/session.ts';
import type { NameTag } from '#infra/secrets/name-tags.ts';
import type { Caller } from '#kms/caller.ts';
import type { Keys } from '#kms/keys/keys.ts';
import type { Who } from './views/frame.ts';

/** All that the pages need. */
export interface PagesOptions {
  readonly browser: BrowserAccess;
  readonly authenticate: Authenticate;
  readonly countRequests: CountRequests;
  readonly keys: Pick<Keys, 'elasticKeys' | 'materialKeys' | 'crypto'>;
  readonly telemetry: Pick<Telemetry, 'traceId'>;
  readonly nameTag: NameTag;
  /** Path of the Swagger UI; null where there is none. */
  readonly swagger: string | null;
}

/** Somebody who is logged in, in one request. */
export interface SignedIn {
  readonly session: BrowserSession;
  readonly caller: Caller;
  readonly who: Who;
}

/** A log-in asks as the least of acts does; no token that is bound to a key or a certificate logs anybody in, as none can be proved here. */
export const asFor = (request: FastifyRequest): Parameters<Authenticate>[1] => ({
  scope: 'kms:elastic-keys:read',
  method: request.method,
  url: () => null,
  address: request.ip,
  connection: request.raw.socket,
});

/** A page. With `same-origin` the browser says from where a form comes, which it hides with `no-referrer`. */
export const sendPage = (reply: FastifyReply, page: Html, formTargets: readonly string[] = []): FastifyReply =>
  reply.headers({ ...pageHeaders(formTargets), 'referrer-policy': 'same-origin' }).send(renderHtml(page));

/** Where the browser of this session ends its session at the issuer as well; null for a user of a realm. */
export const endSessionUrlOf = ({ parties }: BrowserAccess, issuer: string | null): string | null =>
  parties.find((party) => party.issuer === issuer)?.endSessionUrl?.href ?? null;

/** The pages to which a form of somebody who is logged in may lead: the log-out goes on to the issuer. */
export const targetsOf = (browser: BrowserAccess, { session }: SignedIn): readonly string[] => {
  const { authentication } = session.caller;
  const url = authentication.kind === 'session' ? endSessionUrlOf(browser, authentication.issuer) : null;
  return url === null ? [] : [url];
};

export const sessionOver = (): AppError => new AppError('session-over', 401, 'Your session is over.', { fix: 'Log in again.' });

/** Finds out who asks for a page, and counts the request for his tenant. @throws AppError `session-over` 401 */
export const signIn = async (request: FastifyRequest, options: PagesOptions): Promise<SignedIn> => {
  const { browser, countRequests, telemetry, swagger } = options;
  request.facts = { credential: 'session' };
  const session = await browser.door.sessionOfPage(request);
  if (session === null) throw sessionOver();
  const caller = { ...session.caller, request: { id: request.id, traceId: telemetry.traceId(), address: request.ip } };
  request.caller = caller;
  countRequests(caller.tenant.id);
  const { username, subject, tenant, roles } = caller;
  return { session, caller, who: { username: username ?? subject, tenant: tenant.name, roles, csrfToken: session.csrfToken, swagger } };
};

/** The same for a form of a page. @throws AppError `session-over` 401; `request-foreign`, `csrf-token-invalid` 403 */
export const signInForm = async (request: FastifyRequest, options: PagesOptions): Promise<SignedIn> => {
  const signedIn = await signIn(request, options);
  const { _csrf: token } = request.body as { readonly _csrf: string };
  options.browser.door.checkForm(request, signedIn.session, token);
  return signedIn;
};

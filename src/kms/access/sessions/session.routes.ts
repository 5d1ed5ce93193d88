import type { onSendHookHandler } from 'fastify';
import { Type } from 'typebox';
import type { App } from '#infra/http/server.ts';
import { SESSION_PATH, browserPathOf } from '#kms/api/browser-routes.ts';
import { isoOf } from '#kms/api/fields.ts';
import { noStore } from '#kms/api/no-store.ts';
import { nullable, problems } from '#kms/api/schemas.ts';
import type { BrowserDoor } from './browser-door.ts';
import type { Cookies } from './cookies.ts';
import type { Sessions } from './session.ts';

const sessionSchema = Type.Object(
  {
    id: Type.String({ description: 'The session in the audit (`token_id`); no secret.' }),
    subject: Type.String({ description: 'Stable id of the user, within the issuer or the realm.' }),
    username: nullable(Type.String()),
    issuer: nullable(Type.String(), { description: 'Where he logged in; null for a user of a realm.' }),
    tenant: Type.Object({ id: Type.String(), name: Type.String() }),
    roles: Type.Array(Type.String()),
    scopes: Type.Array(Type.String()),
    csrf_token: Type.String({ description: 'To be sent as `X-CSRF-Token` with each change.' }),
    expires_at: Type.String({ description: 'The end, however much it is used.' }),
  },
  { title: 'BrowserSession' },
);

/** `GET` and `DELETE /browser/api/v1/session`: whose session it is, and its end. */
export const registerSession = (
  app: App,
  { door, sessions, cookies }: { readonly door: BrowserDoor; readonly sessions: Pick<Sessions, 'end'>; readonly cookies: Cookies },
): void => {
  const tags = ['Session'];
  const reading = {
    operationId: 'readSession',
    summary: 'Read the session',
    description: 'Whose session it is, and the token that its changes bring.',
    tags,
    response: { 200: sessionSchema, ...problems },
  };
  app.get(SESSION_PATH, { onRequest: noStore, schema: reading }, async (request) => {
    const { id, caller, csrfToken, expiresAt } = await door.session(request);
    const { subject, username, tenant, roles, scopes, authentication } = caller;
    return {
      id,
      subject,
      username,
      issuer: authentication.kind === 'session' ? authentication.issuer : null,
      tenant: { id: tenant.id, name: tenant.name },
      roles: [...roles],
      scopes: [...scopes].toSorted(),
      csrf_token: csrfToken,
      expires_at: isoOf(expiresAt),
    };
  });

  const ending = {
    operationId: 'endSession',
    summary: 'Log out',
    description: 'Ends the session here; that at its issuer goes on.',
    tags,
    response: { 204: Type.Null({ description: 'It is over.' }), ...problems },
  };
  app.delete(SESSION_PATH, { onRequest: noStore, schema: ending }, async (request, reply) => {
    await door.session(request);
    await sessions.end(cookies.read(request.headers.cookie, '') ?? '');
    return reply.code(204).header('set-cookie', cookies.clear('')).send(null);
  });
};

/** An answer of the browser API leads to a place that a session can go to. */
export const leadToBrowserApi: onSendHookHandler = (_request, reply, payload, done) => {
  const location = reply.getHeader('location');
  const own = typeof location === 'string' ? browserPathOf(location) : null;
  if (own !== null) reply.header('location', own);
  done(null, payload);
};

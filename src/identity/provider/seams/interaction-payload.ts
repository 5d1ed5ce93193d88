type Payload = Readonly<Record<string, unknown>>;

const INTERACTION = 'Interaction';

/**
 * The payload of an entity without its id, and of an interaction without what would be a credential: the id at the end of the URL that
 * it returns to, and the cookie of the session.
 *
 * Why: oidc-provider hands over all of it, and a dump of the database must hold nothing that somebody could use.
 * Bends: `jti` of every entity, `returnTo` and `session.cookie` of an interaction, read in oidc-provider 9.13.3
 * (lib/models/interaction.js, lib/actions/authorization/interactions.js). It needs the first two back, and the third never.
 * Held by: test/identity/provider/seams/interaction-payload.test.ts
 */
export const withoutCredentials = (model: string, id: string, { jti: _jti, ...payload }: Payload): Payload => {
  if (model !== INTERACTION) return payload;
  const { returnTo, session, ...rest } = payload as Payload & { readonly returnTo?: string; readonly session?: Payload };
  const { cookie: _cookie, ...sessionWithoutCookie } = session ?? {};
  return {
    ...rest,
    ...(returnTo === undefined ? {} : { returnTo: returnTo.endsWith(id) ? returnTo.slice(0, -id.length) : returnTo }),
    ...(session === undefined ? {} : { session: sessionWithoutCookie }),
  };
};

/** The payload as oidc-provider gave it, without the cookie of the session. */
export const withCredentials = (model: string, id: string, payload: Payload): Record<string, unknown> => ({
  ...payload,
  jti: id,
  ...(model === INTERACTION && typeof payload.returnTo === 'string' ? { returnTo: `${payload.returnTo}${id}` } : {}),
});

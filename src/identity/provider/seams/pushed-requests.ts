import { type Client, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

interface Shown {
  readonly parJti?: string | undefined;
  readonly exp?: number | undefined;
}

/**
 * Keeps a pushed request for as long as somebody may be on a page of an authorization that began with it.
 *
 * Why: oidc-provider marks a `request_uri` as used when a code is given for it, and takes one whose row is gone for unused. The row ends
 * a minute after the request was pushed, while people take up to half an hour: two log-ins that began with one `request_uri` would
 * both give a code.
 * Bends: `entities.Interaction.parJti`, the id of the pushed request, which the next step of the authorization looks up again whether
 * it has expired or not; read in oidc-provider 9.13.3 (lib/actions/authorization/interactions.js, lib/actions/authorization/respond.js).
 * Held by: test/identity/provider/pushed-requests.test.ts
 *
 * @param keep `until` in milliseconds since the epoch
 * @see RFC 9126 section 4, FAPI 2.0 Security Profile section 5.3.2.2
 */
export const keepPushedRequest = async (ctx: KoaContextWithOIDC, keep: (id: string, until: number) => Promise<void>): Promise<void> => {
  const { parJti, exp } = (ctx.oidc?.entities.Interaction ?? {}) as Shown;
  if (parJti !== undefined && exp !== undefined) await keep(parJti, exp * 1000);
};

type Save = (this: object, ...args: unknown[]) => Promise<unknown>;

/**
 * Asks before a pushed request is stored.
 *
 * Why: oidc-provider stores each one, and anybody may push in the name of a public client.
 * Bends: `PushedAuthorizationRequest.prototype.save`, and `Provider.ctx`, the request under way, whose client has proved itself; read in
 * oidc-provider 9.13.3 (lib/actions/authorization/pushed_authorization_requests.js).
 * Held by: test/identity/provider/pushed-requests.test.ts
 *
 * @param admit throws for one that is refused
 */
export const limitPushedRequests = (provider: Provider, admit: (client: Client, address: string) => void): void => {
  replaceMethod<Save>(
    provider.PushedAuthorizationRequest.prototype,
    'save',
    (save) =>
      async function (this: object, ...args: unknown[]) {
        const { oidc, state } = (Provider.ctx ?? {}) as Partial<KoaContextWithOIDC>;
        if (oidc?.client !== undefined) admit(oidc.client, String(state?.peerAddress ?? ''));
        return save.apply(this, args);
      },
  );
};

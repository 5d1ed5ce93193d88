import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { isShown } from '#infra/http/request/navigation.ts';

/** The interactions that a network may have open: a request that waits for a person is kept until somebody goes on, or it expires. */
export interface OpenInteractions {
  /** @returns seconds to wait; 0 when one more was opened */
  open(address: string): number;
  close(address: string): void;
}

const addressOf = (ctx: KoaContextWithOIDC): string => String(ctx.state.peerAddress ?? '');

/**
 * The life of an interaction, which is refused before it is stored when its network has too many open, and where nobody would see its
 * page: a page of somebody else can ask by frames, images and scripts as often as it likes. The client is told, by the redirect that the
 * browser is on. A frame that asks with `prompt=none` opens nothing, and so never comes here.
 *
 * Why: oidc-provider stores some kilobytes for half an hour for whoever asks, and takes any number.
 * Bends: `ttl.Interaction` as a function, called before an interaction is stored and for nothing else, whose error is that of the
 * request; read in oidc-provider 9.13.3 (lib/actions/authorization/interactions.js).
 * Held by: test/identity/provider/open-interactions.test.ts
 *
 * @param ttlSeconds of every interaction
 * @see RFC 6749 section 4.1.2.1: `temporarily_unavailable`; OpenID Connect Core 1.0 section 3.1.2.6: `interaction_required`
 */
export const interactionLife =
  (ttlSeconds: number, interactions: Pick<OpenInteractions, 'open'>) =>
  (ctx: KoaContextWithOIDC): number => {
    if (!isShown(ctx.req.headers)) {
      throw new errors.InteractionRequired('a person has to see a page; open this address in a window, or ask with prompt=none');
    }
    const waitSeconds = interactions.open(addressOf(ctx));
    if (waitSeconds === 0) return ttlSeconds;
    throw new errors.TemporarilyUnavailable(`too many log-ins of this network are open; finish one, or wait ${waitSeconds} seconds`);
  };

/**
 * Says when an interaction is over, because somebody finished or refused it.
 *
 * Why: only oidc-provider knows that the browser came back for it.
 * Bends: the event `interaction.ended`, sent once an interaction was found by its cookie and deleted; read in oidc-provider 9.13.3
 * (lib/actions/authorization/resume.js, lib/actions/authorization/interactions.js).
 * Held by: test/identity/provider/open-interactions.test.ts
 */
export const noteEndedInteractions = (provider: Provider, interactions: Pick<OpenInteractions, 'close'>): void => {
  provider.on('interaction.ended', (ctx: KoaContextWithOIDC) => interactions.close(addressOf(ctx)));
};

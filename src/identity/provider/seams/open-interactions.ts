import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';

/** The interactions that a network may have open: a request that waits for a person is kept until somebody goes on, or it expires. */
export interface OpenInteractions {
  /** @returns seconds to wait; 0 when one more was opened */
  open(address: string): number;
  close(address: string): void;
}

const addressOf = (ctx: KoaContextWithOIDC): string => String(ctx.state.peerAddress ?? '');

/**
 * The life of an interaction, which is refused before it is stored when its network has too many open. The client is told, by the
 * redirect that a person's browser is on: it is the place where the person came from.
 *
 * Why: oidc-provider stores some kilobytes for half an hour for whoever asks, and takes any number.
 * Bends: `ttl.Interaction` as a function, called before an interaction is stored and for nothing else, whose error is that of the
 * request; read in oidc-provider 9.13.3 (lib/actions/authorization/interactions.js).
 * Held by: test/identity/provider/open-interactions.test.ts
 *
 * @param ttlSeconds of every interaction
 * @see RFC 6749 section 4.1.2.1: `temporarily_unavailable`
 */
export const interactionLife =
  (ttlSeconds: number, interactions: Pick<OpenInteractions, 'open'>) =>
  (ctx: KoaContextWithOIDC): number => {
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

import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

type Unique = (clientId: string, id: string, end: number) => Promise<boolean>;

/** An assertion or a proof that came again. */
export interface Replay {
  readonly what: 'assertion' | 'proof';
  readonly clientId: string;
  /** Of the peer. */
  readonly address: string;
}

export interface ReplayRule {
  /** Resolves false where this id was there; `end` in whole milliseconds since the epoch is when it cannot come again. */
  readonly remember: (id: string, end: number) => Promise<boolean>;
  readonly replayed: (replay: Replay) => void;
}

/** Seconds by which a proof may be dated ahead of our clock (`CHALLENGE_OK_WINDOW`). */
const MAX_AHEAD_S = 300;

/**
 * The place of an id: for a proof with its key, as its header has it, which is signed. So a client may give its assertion and its proof the
 * same `jti`, and two instances of a public client cannot use up ids of each other.
 */
const placeOf = (ctx: KoaContextWithOIDC | undefined, what: Replay['what']): readonly string[] =>
  what === 'assertion' ? [] : [ctx?.get('dpop').split('.')[0] ?? ''];

/**
 * Remembers each assertion and proof that was used by one write, which one of several at the same moment can make, and for as long as it
 * could come again.
 *
 * Why: oidc-provider looks whether there was one, and writes it then: two at the same moment are both the first. Ids of assertions and of
 * proofs of a client are one set to it. A DPoP proof is good for five minutes before and after its date, and is remembered for five minutes
 * from its use alone: one of a client whose clock is ahead could be used once more after them. An assertion may end at a part of a second.
 * Bends: `ReplayDetection.unique`, called for client assertions and after that for DPoP proofs, once their signature is good, whose answer
 * false refuses the request; `Provider.ctx`, the request under way; read in oidc-provider 9.13.3 (lib/models/replay_detection.js,
 * lib/shared/jwt_client_auth.js, lib/helpers/validate_dpop.js, lib/helpers/challenge.js).
 * Held by: test/identity/provider/seams/replay-detection.test.ts
 *
 * @see RFC 7523 section 3, RFC 9449 section 11.1
 */
export const detectReplays = (provider: Provider, { remember, replayed }: ReplayRule): void => {
  const proved = new WeakSet<object>();
  /** The client proves itself first. */
  const whatOf = (ctx: KoaContextWithOIDC | undefined): Replay['what'] => {
    if (ctx?.oidc.params?.client_assertion === undefined || proved.has(ctx)) return 'proof';
    proved.add(ctx);
    return 'assertion';
  };
  replaceMethod<Unique>(provider.ReplayDetection, 'unique', () => async (clientId, id, end) => {
    const ctx = Provider.ctx as KoaContextWithOIDC | undefined;
    const what = whatOf(ctx);
    const isFirst = await remember(JSON.stringify([clientId, id, ...placeOf(ctx, what)]), Math.ceil((end + MAX_AHEAD_S) * 1000));
    if (!isFirst) replayed({ what, clientId, address: String(ctx?.state.peerAddress ?? '') });
    return isFirst;
  });
};

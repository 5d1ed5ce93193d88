import type { SentExchange } from '#client/session/origin.ts';
import type { Exchange } from '#infra/evidence/exchange.ts';
import { createDigests, type Digests } from './redact/digests.ts';
import { redacted } from './redact/redact.ts';
import { viewOf } from './view.ts';

/**
 * Keeps every exchange of a run, redacted at once: nothing of it is held as it travelled. A run without a recorder keeps none, and its
 * checks say no basis.
 */
export interface Recorder {
  readonly digests: Digests;
  /** The exchanges so far, in the order of the answers. */
  readonly exchanges: readonly Exchange[];
  /** @returns the id under which it stands here, as a member of its event */
  take(exchange: SentExchange, stepId: string): { readonly exchange: string };
  /** The id under which an exchange was taken; null for one that was not. */
  idOf(exchange: SentExchange): string | null;
}

export const createRecorder = (): Recorder => {
  const digests = createDigests();
  const exchanges: Exchange[] = [];
  const ids = new WeakMap<SentExchange, string>();
  return {
    digests,
    exchanges,
    take: (exchange, stepId) => {
      const id = `x${exchanges.length + 1}`;
      ids.set(exchange, id);
      exchanges.push(redacted(viewOf(exchange, id, stepId), digests));
      return { exchange: id };
    },
    idOf: (exchange) => ids.get(exchange) ?? null,
  };
};

import type { Static } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { peerOf } from '#infra/tls/peer.ts';
import type { feedConfigSchema } from './config.ts';

type FeedClientConfig = Static<typeof feedConfigSchema>['clients'][number];

/** A resource server that listens. */
export interface FeedClient {
  readonly config: FeedClientConfig;
  /** Epoch milliseconds at which its certificate ends. */
  readonly endsAt: number;
}

/**
 * The resource server at the other end of a connection, by its certificate.
 *
 * @param now epoch milliseconds
 */
export const createClientOf =
  (clients: readonly FeedClientConfig[], now: () => number) =>
  /** @throws AppError `feed-client-unknown` 403 */
  (connection: unknown): FeedClient => {
    const peer = peerOf(connection);
    const config = clients.find(({ common_name: name }) => name === peer?.commonName);
    if (peer !== null && config !== undefined && peer.endsAt > now()) return { config, endsAt: peer.endsAt };
    throw new AppError('feed-client-unknown', 403, 'The client certificate is not one of a resource server.', {
      fix: 'Use a certificate whose common name is in feed.clients.',
    });
  };

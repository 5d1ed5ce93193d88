import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import type { App } from '#infra/http/server.ts';
import { FEED_PATH } from '#infra/magic/magic.ts';
import { parsePosition } from '#infra/security-events/revocation-event.ts';
import type { RevocationFeed } from '#identity/revocations/revocations.ts';
import type { FeedClient } from './feed-clients.ts';
import type { SignSet } from './sign-sets.ts';
import { tellRevocations } from './tell-revocations.ts';

/** A stream ends after so long, in milliseconds: its client comes again, perhaps to another replica, and is verified again. */
const MAX_AGE_MS = 600_000;
/** Of one client at one replica. */
const MAX_STREAMS = 64;

const positionUnknown = (): AppError =>
  new AppError('feed-position-unknown', 410, 'This position is not known here: it is too old, or of another database.', {
    fix: 'Ask again without Last-Event-ID: every revocation is told that still concerns a token.',
  });

const stopping = (): AppError => new AppError('stopping', 503, 'Identity is about to stop here.', { headers: { 'retry-after': '1' } });

const tooMany = (): AppError =>
  new AppError('feed-streams-too-many', 429, `This client has ${MAX_STREAMS} streams open here.`, {
    headers: { 'retry-after': '5' },
    fix: 'Keep one stream open for each process.',
  });

/**
 * The stream of revocations. It begins after `Last-Event-ID`, where that is known, or else with every revocation that still concerns a token.
 *
 * @param options.clientOf who asks; throws for somebody who may not
 * @param options.ends aborts when every stream is to end
 * @param options.now epoch milliseconds
 */
export const registerFeed = (
  app: App,
  options: {
    readonly feed: RevocationFeed;
    readonly sign: SignSet;
    readonly clientOf: (connection: unknown) => FeedClient;
    readonly ends: AbortSignal;
    readonly now: () => number;
  },
): void => {
  const { feed, sign, clientOf, ends, now } = options;
  // The looks of a stream are many and all alike, and belong to no trace: that of its request would grow for ten minutes.
  const apart = AsyncLocalStorage.snapshot();
  const looks: Pick<RevocationFeed, 'advance' | 'between'> = {
    advance: () => apart(() => feed.advance()),
    between: (...of) => apart(() => feed.between(...of)),
  };
  const open = new Map<FeedClient['config'], number>();

  app.get(
    FEED_PATH,
    {
      schema: {
        summary: 'Revocations as they happen, each a security event token',
        tags: ['revocations'],
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 64 })) }),
      },
    },
    async (request, reply) => {
      const { config, endsAt } = clientOf(request.raw.socket);
      if (ends.aborted) throw stopping();
      const resume = request.headers['last-event-id'];
      const position = resume === undefined ? undefined : parsePosition(resume);
      if (resume !== undefined && (position === undefined || !(await feed.knows(position)))) throw positionUnknown();
      const streams = open.get(config) ?? 0;
      if (streams >= MAX_STREAMS) throw tooMany();

      const over = new AbortController();
      // Ends one that nobody reads as well, which would wait for its reader for ever.
      const age = setTimeout(() => over.abort(), Math.max(0, Math.min(MAX_AGE_MS, endsAt - now())));
      const until = AbortSignal.any([over.signal, ends]);
      const told = Readable.from(tellRevocations({ feed: looks, sign, audiences: config.audiences, from: position?.sequence ?? 0, until }));
      until.addEventListener('abort', () => void setTimeout(() => told.destroy(), 1_000).unref(), { once: true });
      open.set(config, streams + 1);
      told.once('close', () => {
        over.abort();
        clearTimeout(age);
        open.set(config, (open.get(config) ?? 1) - 1);
      });
      return reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store').send(told);
    },
  );
};

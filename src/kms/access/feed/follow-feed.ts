import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import { thrownMessage } from '#infra/apperr/thrown-words.ts';
import type { ClosableHttpsClient } from '#infra/http/client.ts';
import { readServerSentEvents, type ServerSentEvent } from '#infra/http/client/server-sent-events.ts';
import { FEED_MS } from '#infra/magic/limits.ts';
import { parseHeartbeat } from '#infra/security-events/heartbeat.ts';
import { parsePosition } from '#infra/security-events/revocation-event.ts';
import type { Emit } from '#kms/events.ts';
import type { ReadSet } from './received-set.ts';
import type { RevocationFeed } from './revocation-feed.ts';
import { createRevokedTokens, type RevokedTokens } from './revoked-tokens.ts';

/** Milliseconds before the next attempt: at first, and at most. Chance takes up to half of it away, so that replicas do not come at once. */
const [RETRY_MS, MAX_RETRY_MS] = [250, 1_000];
/** Milliseconds before the next attempt, and for how long after the start: an issuer that starts at the same time is about to listen. */
const [EARLY_RETRY_MS, EARLY_MS] = [40, 2_000];
/** Milliseconds before the next attempt when more was revoked than may be remembered. */
const FULL_MS = 60_000;

/** Milliseconds in which nobody is warned of a feed that was not there yet: the issuer may start at the same time. */
const START_MS = 10_000;

const lost = (why: string): AppError => new AppError('feed-lost', 502, why);

/**
 * Listens to the revocations of one issuer over one connection, which is made again when it ends, from the last position on. A position that
 * the issuer does not know any more begins a new set, with everything that still concerns a token. The feed is late as soon as no heartbeat
 * came for `lateMs`, or one that speaks of a time longer ago, and then says nothing.
 *
 * @param options.client shows the client certificate of the KMS, and trusts the configured CA only
 * @param options.maxTokenSeconds no token lives longer
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const followFeed = (options: {
  readonly issuer: string;
  readonly uri: string;
  readonly client: Pick<ClosableHttpsClient, 'open'>;
  readonly readSet: ReadSet;
  readonly maxTokenSeconds: number;
  readonly lateMs: number;
  readonly emit: Emit;
  readonly elapsed: () => number;
  /** Entries that are remembered. */
  readonly max?: number;
}): RevocationFeed => {
  const { issuer, uri, client, readSet, maxTokenSeconds, lateMs, emit, elapsed, max } = options;
  const { host } = new URL(uri);
  const stopped = new AbortController();
  const newSet = (): RevokedTokens => createRevokedTokens({ maxTokenSeconds, elapsed, ...(max === undefined ? {} : { max }) });

  let revoked = newSet();
  let position: string | null = null;
  /** When a heartbeat last said that everything is told; of the present set. */
  let heardAt = Number.NEGATIVE_INFINITY;
  let cause: unknown = lost(`${host} was not asked yet`);
  const begunAt = elapsed();
  let wasCurrent = false;
  let isTold: 'current' | 'starting' | 'lost' | null = null;

  const isCurrent = (): boolean => elapsed() - heardAt < lateMs && !revoked.isFull;
  const tellState = (): void => {
    wasCurrent ||= isCurrent();
    const isStarting = !wasCurrent && elapsed() - begunAt < START_MS;
    const state = isCurrent() ? 'current' : isStarting ? 'starting' : 'lost';
    if (state === isTold) return;
    isTold = state;
    emit(state === 'current' ? { type: 'revocation-feed-current', issuer } : { type: 'revocation-feed-lost', issuer, cause, isStarting });
  };
  const beginAnew = (): void => {
    revoked = newSet();
    position = null;
    heardAt = Number.NEGATIVE_INFINITY;
  };

  /** The stream cannot have begun before it was asked for, so no heartbeat speaks of a time longer ago than this finds. */
  const hearHeartbeat = (data: string, askedAt: number): void => {
    const ranMs = parseHeartbeat(data);
    if (ranMs === undefined) throw lost(`${host} sends a heartbeat that does not say how long its stream has run`);
    const now = elapsed();
    const behindMs = now - askedAt - ranMs;
    heardAt = behindMs < lateMs ? now : now - behindMs;
    if (behindMs >= lateMs) throw lost(`what ${host} tells comes ${Math.round(behindMs)} ms late`);
  };

  const hear = async ({ event, id, data }: ServerSentEvent, askedAt: number): Promise<void> => {
    const heard = parsePosition(id);
    if (heard === undefined) throw lost(`${host} sends a message without a position`);
    const last = position === null ? undefined : parsePosition(position);
    if (heard.sequence < (last?.sequence ?? 0) + (event === 'set' ? 1 : 0)) throw lost(`${host} goes back in its own history`);
    if (event === 'set') {
      const told = await readSet(data);
      if (told !== null && told.id !== heard.id) throw lost(`${host} tells an event under the position of another one`);
      if (told !== null) revoked.add(told);
    } else if (event === 'heartbeat') hearHeartbeat(data, askedAt);
    position = id;
  };

  const listen = async (): Promise<void> => {
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(lost(`nothing was heard from ${host} for ${lateMs} ms`)), FEED_MS + lateMs);
    const signal = AbortSignal.any([stopped.signal, silent.signal]);
    try {
      const headers = { accept: 'text/event-stream', ...(position === null ? {} : { 'last-event-id': position }) };
      const askedAt = elapsed();
      const { status, body } = await client.open({ url: uri, headers, timeoutMs: FEED_MS, signal });
      if (status === 410) beginAnew();
      if (status !== 200) throw lost(`${host} answered the request for its feed with ${status}`);
      timer.refresh();
      for await (const message of readServerSentEvents(body)) {
        timer.refresh();
        await hear(message, askedAt);
        if (message.event === 'heartbeat') tellState();
        if (revoked.isFull) throw lost(`${host} revoked more than is remembered here`);
      }
      cause = lost(`${host} ended the stream`);
    } finally {
      clearTimeout(timer);
      silent.abort();
    }
  };

  const follow = async (): Promise<void> => {
    let waitMs = RETRY_MS;
    while (!stopped.signal.aborted) {
      const before = heardAt;
      try {
        await listen();
      } catch (error) {
        cause = error;
      }
      if (stopped.signal.aborted) return;
      tellState();
      const isFull = revoked.isFull;
      const isEarly = !wasCurrent && elapsed() - begunAt < EARLY_MS;
      if (heardAt > before) waitMs = RETRY_MS;
      const nextMs = isFull ? FULL_MS : (isEarly ? EARLY_RETRY_MS : waitMs) * (1 - Math.random() / 2);
      await pause(nextMs, undefined, { signal: stopped.signal, ref: false }).catch(() => {});
      if (isFull) beginAnew();
      if (!isEarly) waitMs = Math.min(waitMs * 2, MAX_RETRY_MS);
    }
  };
  const following = follow();

  return {
    verdict: (token) => (isCurrent() ? revoked.verdict(token) : 'unknown'),
    silentMs: () => elapsed() - heardAt,
    size: () => revoked.size,
    isCurrent,
    check: async () => {
      if (!isCurrent()) throw lost(`the KMS asks about tokens one by one, because the feed of ${host} is late: ${thrownMessage(cause)}`);
    },
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      await following;
    },
  };
};

import { setTimeout } from 'node:timers/promises';
import { formatHeartbeat } from '#infra/security-events/heartbeat.ts';
import { type FeedPosition, formatPosition } from '#infra/security-events/revocation-event.ts';
import type { RevocationFeed } from '#identity/revocations/revocations.ts';
import type { SignSet } from './sign-sets.ts';

/** Milliseconds between two looks into the database: revocations of other replicas are told within that time, too. */
const LOOK_MS = 200;
/** Milliseconds between two heartbeats, at the least. */
const HEARTBEAT_MS = 1_000;
const ROUND_ROWS = 100;

/** One message of a stream of events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
const message = (event: 'set' | 'heartbeat', id: string, data: string): string => `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;

/**
 * Tells revocations after a position: those that are there, then each as it comes. A heartbeat says that everything up to its id has been
 * told, so the first one ends the past; while the database does not answer there is none. It also says how long the stream has run, by
 * which its reader sees what is held back on the way.
 *
 * @param options.audiences of the tokens that it tells of; the first is the audience of what is told
 * @param options.until aborts when it is to end
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export async function* tellRevocations(options: {
  readonly feed: Pick<RevocationFeed, 'advance' | 'between'>;
  readonly sign: SignSet;
  readonly audiences: readonly string[];
  readonly from: number;
  readonly until: AbortSignal;
  readonly elapsed?: () => number;
}): AsyncGenerator<string, void> {
  const { feed, sign, audiences, until, elapsed = () => performance.now() } = options;
  const audience = audiences[0] ?? '';
  const beganAt = elapsed();
  let told = options.from;

  async function* upTo(to: FeedPosition): AsyncGenerator<string, void> {
    while (told < to.sequence) {
      const some = await feed.between({ from: told, to: to.sequence, limit: ROUND_ROWS }, audiences);
      for (const revocation of some) yield message('set', formatPosition(revocation), await sign(revocation, audience));
      told = some.length < ROUND_ROWS ? to.sequence : (some.at(-1)?.sequence ?? to.sequence);
    }
  }

  let heartbeatAt = Number.NEGATIVE_INFINITY;
  while (!until.aborted) {
    // What is revoked after this look is told by the next one.
    const lookedAt = elapsed();
    const newest = await feed.advance();
    const isBehind = told < newest.sequence;
    yield* upTo(newest);
    if (isBehind || elapsed() - heartbeatAt >= HEARTBEAT_MS) {
      heartbeatAt = elapsed();
      yield message('heartbeat', formatPosition(newest), formatHeartbeat(lookedAt - beganAt));
    }
    await setTimeout(LOOK_MS, undefined, { signal: until }).catch(() => {});
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { KmsApi } from '#client/kms/kms.ts';
import type { Session } from '#client/session/session.ts';
import { createJudge, type Judge, type Weather } from './judge.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { tokenHolder, type Turn, writer } from './workers.ts';

/** What callers of each kind may see at this moment. */
export interface CallersWeather {
  /** Users of a realm of the KMS, who write. */
  readonly user: Weather;
  /** A service that takes tokens from Identity, and reads at the KMS. */
  readonly token: Weather;
}

export interface LoadOptions {
  readonly endpoints: { readonly service: string; readonly discovery: string };
  /** The KMS as the administrator of a tenant sees it; each writer is one. */
  readonly administrator: () => Promise<KmsApi>;
  readonly session: () => Promise<Session>;
  readonly weather: () => CallersWeather;
  readonly writers: number;
  /** Milliseconds between two requests of one caller. */
  readonly pauseMs: number;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

/** A small stream of requests, of which each is held against what may come, and each acknowledged write is remembered. */
export interface Load extends AsyncDisposable {
  readonly ledger: Ledger;
  /** Sentences about all that may not come. */
  readonly findings: readonly string[];
  /** How often each outcome came, the most frequent first. */
  counts(): Readonly<Record<string, number>>;
  /** Resolves when so many more writes are acknowledged; false when that takes longer than the limit, in milliseconds. */
  moreWrites(count: number, limitMs: number): Promise<boolean>;
  /** No request is under way when it resolves, and none follows until `resume`. */
  rest(): Promise<void>;
  resume(): void;
}

const LOOK_MS = 20;

export const startLoad = async (options: LoadOptions): Promise<Load> => {
  const { endpoints, administrator, session, weather, writers, pauseMs, random = Math.random } = options;
  const ledger = createLedger();
  const findings: string[] = [];
  const finding = (text: string): void => void findings.push(text);
  const judged = (of: keyof CallersWeather): Judge => createJudge({ weather: () => weather()[of], finding });
  const [user, token] = [judged('user'), judged('token')];
  const turns: Turn[] = [tokenHolder({ ...endpoints, session: await session(), judge: token })];
  for (let nth = 0; nth < writers; nth += 1) turns.push(writer({ kms: await administrator(), ledger, judge: user, random, finding }));

  const state: { isOver: boolean; resting: PromiseWithResolvers<void> | null; underWay: number } = {
    isOver: false,
    resting: null,
    underWay: 0,
  };
  const worker = async (turn: Turn): Promise<void> => {
    for (;;) {
      while (state.resting !== null) await state.resting.promise;
      if (state.isOver) return;
      state.underWay += 1;
      await turn().finally(() => (state.underWay -= 1));
      await sleep(pauseMs);
    }
  };
  const working = Promise.all(turns.map(worker));
  // Whoever ends the load hears of a worker that broke.
  working.catch(() => undefined);
  const quiet = async (): Promise<void> => {
    while (state.underWay > 0) await sleep(LOOK_MS);
  };
  const resume = (): void => {
    state.resting?.resolve();
    state.resting = null;
  };

  return {
    ledger,
    findings,
    counts: () => {
      const all = new Map<string, number>();
      for (const [what, count] of [...user.counts, ...token.counts]) all.set(what, (all.get(what) ?? 0) + count);
      return Object.fromEntries([...all].toSorted(([, a], [, b]) => b - a));
    },
    moreWrites: async (count, limitMs) => {
      const [wanted, limit] = [ledger.writes() + count, performance.now() + limitMs];
      while (ledger.writes() < wanted) {
        if (performance.now() > limit) return false;
        await Promise.race([sleep(LOOK_MS), working]);
      }
      return true;
    },
    rest: async () => {
      state.resting ??= Promise.withResolvers<void>();
      await quiet();
    },
    resume,
    [Symbol.asyncDispose]: async () => {
      state.isOver = true;
      resume();
      await working;
    },
  };
};

import cluster from 'node:cluster';
import { EventEmitter } from 'node:events';
import { InternalError } from '#infra/apperr/app-error.ts';
import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { NOTHING_LOST, type Topic, type Workers } from '#infra/workers/workers.ts';
import type { StopSignals } from '../stop.ts';
import { BEAT_MS } from './liveness.ts';
import type { News, ToSupervisor, ToWorker, Welcome } from './messages.ts';

/** A process among the workers of a server; disposal leaves them, after which nothing keeps it from ending. */
export interface Joined extends Disposable {
  readonly workers: Workers;
  /** As the supervisor read it. */
  readonly config: unknown;
  /** Whether it is the first process of all. */
  readonly isFirst: boolean;
  /** When it is to stop. */
  readonly signals: StopSignals;
  /** Tells that it serves. */
  up(): void;
}

type Told = (words: never) => unknown;

/** Signals that end a server. */
const STOPS = ['SIGTERM', 'SIGINT'] as const;

/** Milliseconds since the start of the machine. */
const machineClock = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** Whether this process was started as a worker. */
export const isWorker = (): boolean => cluster.isWorker;

/**
 * Joins the workers of the process that started this one. When that process ends, Node ends this one at once.
 *
 * @see https://nodejs.org/api/cluster.html
 */
export const joinWorkers = async (): Promise<Joined> => {
  const own = cluster.worker;
  if (own === undefined) throw new InternalError('this process is no worker');
  const send = (message: ToSupervisor): void => {
    // The supervisor may be gone, and this process with it.
    if (own.isConnected()) own.send(message, undefined, undefined, () => {});
  };
  const welcomed = Promise.withResolvers<Welcome>();
  const listeners = new Map<string, Told>();
  const early = new Map<string, ((listener: Told) => void)[]>();
  const replies = new Map<number, (words: never) => void>();
  const signals = new EventEmitter();
  let news: News = { states: [], lost: NOTHING_LOST };
  let lastId = 0;
  let stops = 0;

  const withListener = (topic: string, call: (listener: Told) => void): void => {
    const listener = listeners.get(topic);
    if (listener !== undefined) return call(listener);
    early.set(topic, [...(early.get(topic) ?? []), call]);
  };

  const answer = async (id: number, listener: Told, words: unknown): Promise<void> => {
    try {
      send({ kind: 'answer', id, ok: true, words: await listener(words as never) });
    } catch (thrown) {
      send({ kind: 'answer', id, ok: false, words: thrownWords(thrown) });
    }
  };

  /** A terminal and a supervisor of the system signal each process of a group, and ours tells it as well: that is one and the same. */
  const stop = (signal: NodeJS.Signals, times: number): void => {
    if (times <= stops) return;
    stops = times;
    signals.emit(signal, signal);
  };
  for (const signal of STOPS) process.on(signal, () => stop(signal, 1));

  const reply = (id: number, words: unknown): void => {
    replies.get(id)?.(words as never);
    replies.delete(id);
  };

  process.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'welcome':
        return welcomed.resolve(message.welcome);
      case 'told':
        return withListener(message.topic, (listener) => void listener(message.words as never));
      case 'asked':
        return withListener(message.topic, (listener) => void answer(message.id, listener, message.words));
      case 'answers':
        return reply(message.id, message.answers);
      case 'spent':
        return reply(message.id, message.words);
      case 'news':
        news = message.news;
        return undefined;
      case 'stop':
        return stop(message.signal, message.times);
    }
  });

  const call = <Reply>(message: (id: number) => ToSupervisor): Promise<Reply> => {
    const id = (lastId += 1);
    const { promise, resolve } = Promise.withResolvers<Reply>();
    replies.set(id, resolve);
    send(message(id));
    return promise;
  };

  send({ kind: 'join' });
  setInterval(() => send({ kind: 'alive' }), BEAT_MS).unref();
  const { number, count, isFirst, config, secret, kept, news: first } = await welcomed.promise;
  news = first;
  return {
    config,
    isFirst,
    signals,
    up: () => send({ kind: 'up' }),
    workers: {
      number,
      count,
      tell: (topic, words) => send({ kind: 'tell', topic, words }),
      ask: (topic, words, { keep, orEnd = false } = {}) =>
        call((id) => ({ kind: 'ask', id, topic, words, orEnd, ...(keep !== undefined && { keep }) })),
      hear: (topic: Topic, listener: Told) => {
        listeners.set(topic, listener);
        const before = early.get(topic) ?? [];
        early.delete(topic);
        for (const each of before) each(listener);
      },
      kept: (topic) => kept[topic] ?? null,
      shared: { secret, elapsed: machineClock, spend: (words) => call((id) => ({ kind: 'spend', id, words })) },
      states: () => news.states,
      lostLines: () => (number === 1 ? news.lost : NOTHING_LOST),
    },
    [Symbol.dispose]: () => void own.disconnect(),
  };
};

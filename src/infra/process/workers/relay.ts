import type { Relayed, ToWorker } from './messages.ts';
import { wipe } from './wipe.ts';

/** Milliseconds for an answer; a worker may be at its start, or at a long collection of garbage. */
const ANSWER_MS = 10_000;

/** A worker as the relay sees it. */
export interface Peer {
  readonly number: number;
  /** Null where there is no process, or it has not joined. */
  readonly send: ((message: ToWorker) => void) | null;
  /** Ends it at once; it is replaced. */
  end(why: string): void;
}

interface Question {
  /** Numbers of those that have not answered. */
  readonly open: Set<number>;
  readonly answers: unknown[];
  finish(): void;
  failed(peer: number, why: string): void;
}

/** Hands on what workers tell and ask each other, and keeps what those that begin later have to know. */
export interface Relay {
  /** By topic. */
  kept(): Readonly<Record<string, unknown>>;
  hear(from: Peer, message: Relayed): void;
  /** A worker has ended: nobody waits for it any more. */
  ended(peer: number): void;
}

/**
 * @param peers all workers, now
 * @param spend answers for what is used up
 */
export const createRelay = (options: { readonly peers: () => readonly Peer[]; readonly spend: (words: unknown) => unknown }): Relay => {
  const { peers, spend } = options;
  const kept = new Map<string, unknown>();
  const questions = new Map<number, Question>();
  let lastId = 0;

  const ask = (from: Peer, { id: fromId, topic, words, orEnd }: Extract<Relayed, { kind: 'ask' }>): void => {
    const id = (lastId += 1);
    const asked = peers().filter(({ number, send }) => number !== from.number && send !== null);
    const timer = setTimeout(() => {
      for (const number of question.open) question.failed(number, `it gave no answer within ${ANSWER_MS / 1000} s`);
      question.finish();
    }, ANSWER_MS);
    const question: Question = {
      open: new Set(asked.map(({ number }) => number)),
      answers: [],
      finish: () => {
        clearTimeout(timer);
        questions.delete(id);
        // Not before: while a connection is handed on, what comes after it waits, and is read when its turn comes.
        wipe(words);
        from.send?.({ kind: 'answers', id: fromId, answers: question.answers });
      },
      failed: (number, why) => {
        if (orEnd) asked.find((peer) => peer.number === number)?.end(`it did not follow (${topic}): ${why}`);
      },
    };
    questions.set(id, question);
    for (const { send } of asked) send?.({ kind: 'asked', id, topic, words });
    if (asked.length === 0) question.finish();
  };

  const keep = (topic: string, words: unknown): void => {
    wipe(kept.get(topic));
    if (words === null) kept.delete(topic);
    // Often it is what is asked as well, and that is wiped.
    else kept.set(topic, structuredClone(words));
  };

  const answered = (question: Question, peer: number): void => {
    question.open.delete(peer);
    if (question.open.size === 0) question.finish();
  };

  return {
    kept: () => Object.fromEntries(kept),
    hear: (from, message) => {
      switch (message.kind) {
        case 'tell':
          for (const { number, send } of peers())
            if (number !== from.number) send?.({ kind: 'told', topic: message.topic, words: message.words });
          return;
        case 'ask':
          // Before anybody is asked: who begins meanwhile learns it at the beginning.
          if (message.keep !== undefined) keep(message.topic, message.keep);
          return ask(from, message);
        case 'answer': {
          const question = questions.get(message.id);
          if (question?.open.has(from.number) !== true) return;
          if (message.ok) question.answers.push(message.words);
          else question.failed(from.number, String(message.words));
          return answered(question, from.number);
        }
        case 'spend':
          return from.send?.({ kind: 'spent', id: message.id, words: spend(message.words) });
      }
    },
    ended: (peer) => {
      for (const question of questions.values()) if (question.open.has(peer)) answered(question, peer);
    },
  };
};

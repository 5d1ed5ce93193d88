import { ALONE, type Topic, type Workers } from '#infra/workers/workers.ts';

/** Workers in one process, which hear of each other at once. */
export const linkedWorkers = (count: number): readonly Workers[] => {
  const listeners = Array.from({ length: count }, () => new Map<Topic, (words: never) => unknown>());
  return listeners.map((own, index) => ({
    ...ALONE,
    number: index + 1,
    count,
    tell: (topic, words) => {
      for (const other of listeners) if (other !== own) other.get(topic)?.(structuredClone(words) as never);
    },
    ask: async (topic, words) => {
      const asked = listeners.filter((other) => other !== own);
      const answers = await Promise.allSettled(asked.map(async (other) => other.get(topic)?.(structuredClone(words) as never)));
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    },
    hear: (topic, listener) => void own.set(topic, listener),
  }));
};

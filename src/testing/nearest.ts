/** Edits beyond which a word was not meant to be the other one. */
const MAX_EDITS = 2;

/**
 * The candidate that a mistyped word was most likely meant to be, if any is near. `infra/config/issues.ts` has the same for settings;
 * this folder imports nothing.
 */
export const nearest = (word: string, candidates: readonly string[]): string | undefined =>
  candidates
    .map((candidate) => ({ candidate, edits: distance(word.slice(0, 40), candidate) }))
    .filter(({ edits }) => edits <= MAX_EDITS)
    .toSorted((a, b) => a.edits - b.edits)[0]?.candidate;

/** Levenshtein's: characters to put in, take out or change. */
const distance = (a: string, b: string): number => {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [row, character] of [...a].entries()) {
    const line = [row + 1];
    for (const [at, other] of [...b].entries()) {
      line.push(Math.min((above[at] ?? 0) + (character === other ? 0 : 1), (above[at + 1] ?? 0) + 1, (line[at] ?? 0) + 1));
    }
    above = line;
  }
  return above.at(-1) ?? 0;
};

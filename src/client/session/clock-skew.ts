/** Milliseconds: a Date header says whole seconds. */
const RESOLUTION_MS = 1_000;

/**
 * How far the clock of a server is ahead of ours, in milliseconds, by the `Date` of its answer; negative where it is behind, 0 where the
 * two may agree, null where the answer has no date that can be read. The clock was read at some moment between question and answer, so
 * the smallest difference that explains the header is told.
 *
 * @param options.sentAt epoch milliseconds by our clock
 * @param options.answeredAt epoch milliseconds by our clock
 * @see RFC 9110 section 6.6.1
 */
export const clockSkew = (options: {
  readonly date: string | undefined;
  readonly sentAt: number;
  readonly answeredAt: number;
}): number | null => {
  const { date, sentAt, answeredAt } = options;
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at)) return null;
  if (at > answeredAt) return at - answeredAt;
  return at + RESOLUTION_MS < sentAt ? at + RESOLUTION_MS - sentAt : 0;
};

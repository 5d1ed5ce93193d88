export const SIGNAL_KINDS = ['traces', 'metrics', 'logs'] as const;
export type SignalKind = (typeof SIGNAL_KINDS)[number];

/** The OTLP JSON export requests that stand one a line; a line without `containing` is not even parsed. */
export async function* recordsIn(
  lines: AsyncIterable<string>,
  { containing = '' }: { readonly containing?: string } = {},
): AsyncGenerator<unknown> {
  for await (const line of lines) {
    const parsed = line.includes(containing) ? parse(line) : null;
    if (parsed !== null) yield parsed.record;
  }
}

const parse = (line: string): { readonly record: unknown } | null => {
  try {
    return { record: JSON.parse(line) as unknown };
  } catch {
    // Whole lines are written; half of one is what a kill or a full disk left, or what is being written now, and was never acknowledged.
    return null;
  }
};

/** Columns that a text takes, counting a code point as one. */
export const columnsOf = (text: string): number => [...text].length;

/** At most `columns` columns, the cut marked with an ellipsis. */
export const cut = (text: string, columns: number): string => {
  const points = [...text];
  return points.length <= columns ? text : `${points.slice(0, Math.max(0, columns - 1)).join('')}…`;
};

export const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - columnsOf(text)));

/** Exactly `columns` columns: cut or filled. */
export const fit = (text: string, columns: number): string => pad(cut(text, columns), columns);

/** `118 ms`, `1.2 s`, `2 min 05 s`. */
export const formatDuration = (milliseconds: number): string => {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
};

/** `812 B`, `14.2 kB`, `1.0 MB`: powers of 1000. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`;
  const step = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** step).toFixed(1)} ${['B', 'kB', 'MB', 'GB'][step]}`;
};

/** `3 s`, `4 min`, `2 h`, `5 d`: an age for a reader, not for a stopwatch. */
export const formatAge = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
};

/** Items joined by `separator`, broken into lines of at most `columns`; a single item that is longer has its line, and stays whole. */
export const wrapItems = (items: readonly string[], { separator, columns }: { separator: string; columns: number }): readonly string[] => {
  const lines: string[] = [];
  for (const item of items) {
    const line = lines.at(-1);
    const longer = line === undefined ? '' : `${line}${separator}${item}`;
    if (line === undefined || columnsOf(longer) > columns) lines.push(item);
    else lines[lines.length - 1] = longer;
  }
  return lines;
};

/** A sentence broken at spaces. */
export const wrapText = (text: string, columns: number): readonly string[] =>
  wrapItems(
    text.split(' ').flatMap((word) => chunks(word, columns)),
    { separator: ' ', columns },
  );

const chunks = (word: string, columns: number): readonly string[] => {
  const points = [...word];
  const count = Math.max(1, Math.ceil(points.length / columns));
  return Array.from({ length: count }, (_, index) => points.slice(index * columns, (index + 1) * columns).join(''));
};

import type { ChalkInstance } from 'chalk';
import type { SnapshotMember } from '#cli/documents/snapshot.ts';
import { columnsOf, formatBytes, pad } from '../terminal/layout.ts';

const HEAD = ['Name', 'Saved', 'Size', 'Engine', 'Profile', 'Version', 'Hash'] as const;
/** Characters of the hash that are enough for a reader to tell two apart; they also name the folder. */
const HASH_CHARACTERS = 16;

/** `2026-11-28 15:40:40 UTC`: to be read, and to be sorted. */
export const momentText = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;

/** A table of snapshots. */
export const snapshotLines = (
  snapshots: readonly SnapshotMember[],
  damaged: readonly string[],
  { paint }: { readonly paint: ChalkInstance },
): readonly string[] => {
  const rows = [
    ...snapshots.map(({ name, saved_at: savedAt, bytes, engine, profile, passthru, hash }) => [
      name ?? '-',
      momentText(savedAt),
      formatBytes(bytes),
      engine,
      profile,
      passthru,
      hash.slice(0, HASH_CHARACTERS),
    ]),
    ...damaged.map((name) => [name, 'damaged: its record is not as it was written']),
  ];
  const widths = HEAD.map((head, column) =>
    Math.max(columnsOf(head), ...rows.filter((row) => row.length > 2).map((row) => columnsOf(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [paint.bold(line(HEAD)), ...rows.map(line)];
};

import type { SnapshotMember } from '#cli/documents/snapshot.ts';
import { formatBytes } from '../terminal/layout.ts';
import { type TableLayout, tableLines } from './table.ts';

const HEAD = ['Name', 'Saved', 'Size', 'Engine', 'Profile', 'Version', 'Hash'] as const;
/** Characters of the hash that are enough for a reader to tell two apart; they also name the folder. */
const HASH_CHARACTERS = 16;

/** `2026-11-28 15:40:40 UTC`: to be read, and to be sorted. */
export const momentText = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;

/** A table of snapshots. */
export const snapshotLines = (snapshots: readonly SnapshotMember[], damaged: readonly string[], layout: TableLayout): readonly string[] => {
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
  return tableLines(HEAD, rows, layout);
};

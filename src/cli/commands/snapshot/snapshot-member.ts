import type { Snapshot } from '#stack/snapshot/format/snapshot.ts';
import type { SnapshotMember } from '#cli/documents/snapshot.ts';

/** A snapshot as documents have it. */
export const memberOf = ({ name, savedAt, bytes, files, hash, engine, profile, version, folder }: Snapshot): SnapshotMember => ({
  name,
  saved_at: savedAt,
  bytes,
  files: files.length,
  hash,
  engine,
  profile,
  passthru: version,
  folder,
});

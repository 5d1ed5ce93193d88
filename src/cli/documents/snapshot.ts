import { type Static, Type } from 'typebox';
import { PROFILES } from '#engine/engine.ts';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

const snapshot = strictObject({
  name: nullable(Type.String({ description: 'null for a snapshot that was named by its folder' })),
  saved_at: Type.String({ format: 'date-time' }),
  bytes: Type.Integer({ description: 'Of all files together' }),
  files: Type.Integer(),
  hash: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 over everything in it' }),
  engine: Type.Enum(['embedded', 'docker']),
  profile: Type.Enum([...PROFILES]),
  passthru: Type.String({ description: 'The version that saved it' }),
  folder: Type.String({ description: 'Absolute; a copy of it is a snapshot, too' }),
});

/** `passthru snapshot save --output json` */
export const snapshotSaveSchema = document('snapshot-save', 'passthru snapshot save', {
  snapshot,
  duration_ms: Type.Integer(),
  held_ms: Type.Number({ description: 'For so long writers may have waited' }),
  stopped: Type.Boolean({ description: 'Whether the services were stopped meanwhile, as on Docker' }),
});

/** `passthru snapshot restore --output json` */
export const snapshotRestoreSchema = document('snapshot-restore', 'passthru snapshot restore', {
  snapshot,
  duration_ms: Type.Integer(),
  running: Type.Boolean({ description: 'Whether the stack is up with these data; one that was down stays down' }),
});

/** `passthru snapshot list --output json` */
export const snapshotListSchema = document('snapshot-list', 'passthru snapshot list', {
  snapshots: Type.Array(snapshot, { description: 'The oldest first' }),
  damaged: Type.Array(Type.String(), { description: 'Names whose record is not as it was written' }),
});

/** `passthru snapshot remove --output json` */
export const snapshotRemoveSchema = document('snapshot-remove', 'passthru snapshot remove', { removed: Type.Array(Type.String()) });

export type SnapshotMember = Static<typeof snapshot>;
export type SnapshotSaveDocument = Static<typeof snapshotSaveSchema>;
export type SnapshotRestoreDocument = Static<typeof snapshotRestoreSchema>;
export type SnapshotListDocument = Static<typeof snapshotListSchema>;
export type SnapshotRemoveDocument = Static<typeof snapshotRemoveSchema>;

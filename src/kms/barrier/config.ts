import { type Static, Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';

/** Where the unseal shares are, and how many of them unseal. */
export const unsealConfigSchema = strictObject({
  share_files: Type.Array(filePath({ description: 'file of mode 0600 with one unseal share' }), {
    uniqueItems: true,
    description: 'files of mode 0600, each with one unseal share',
  }),
  accept_older_databases: Type.Boolean({
    default: false,
    description:
      'true: databases that are older than the heads of the audit, or the file of revisions, say are taken as they are; meant for one start after a restore on purpose',
  }),
  adopt_rows: Type.Boolean({
    default: false,
    description: 'true: a database from before rows were authenticated is taken as it is, once; meant for one start after an upgrade',
  }),
  revisions_file: Type.Optional(
    filePath({
      description:
        'JSON file of ours that says how far the database had come, so that one that was put back is refused after a restart, too',
    }),
  ),
  threshold: Type.Optional(Type.Integer({ minimum: 2, maximum: 255, description: 'fewer shares than this leave the service sealed' })),
});

export type UnsealConfig = Static<typeof unsealConfigSchema>;

/**
 * For a process that begins later than the first one of a server: what is meant for one start is done, and would let a database that was put
 * back meanwhile in unnoticed.
 */
export const afterFirstStart = (unseal: UnsealConfig): UnsealConfig => ({ ...unseal, accept_older_databases: false, adopt_rows: false });

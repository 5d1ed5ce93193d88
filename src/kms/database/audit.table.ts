import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** A piece of a chain, as it was committed: the records of a group, or a head. Pieces are only ever added, and get their tag once. */
export interface AuditPartRow {
  /** UUIDv7 of the chain. */
  chain: string;
  /** Counts from 0. */
  part: number;
  /** Of the last record up to the end of this part. */
  last_seq: number;
  /** Lines of the format of infra/audit, with a line feed between them. */
  lines: string;
  /** HMAC of the audit over chain, part and lines; null for what was written while the barrier was sealed, until it is unsealed. */
  tag: string | null;
}

/** How far a chain has come, as its latest head says. Nothing here is evidence: it says where to look. */
export interface AuditChainRow {
  id: string;
  /** Epoch milliseconds of the latest head, or of the begin. */
  at: number;
  /** The part that the head is; -1 before the first one. */
  part: number;
  /** The record that the head names; -1 before the first one. */
  seq: number;
  /** Of that record; empty before the first head. */
  hash: string;
  /** The last part that the index covers; -1 for none. */
  indexed_part: number;
  /** 1 where nothing follows. */
  ended: number;
}

/**
 * Where to look for the records of a tenant: a row for each stretch of a chain in which a tenant acted, and each key, actor, action and
 * outcome there. A record is found by its stretch, so that it costs no row of its own.
 */
export interface AuditIndexRow {
  tenant_id: string;
  /** `tenant`, `key`, `actor`, `action` or `outcome`. */
  facet: string;
  /** The id of the key, the subject and so on; empty for `tenant`. */
  value: string;
  /** Epoch milliseconds at which the stretch ended; no two stretches of a chain have the same. */
  at: number;
  /** Those of its first record. */
  from_at: number;
  chain: string;
  /** The parts that hold it. */
  first_part: number;
  last_part: number;
}

/**
 * Which head says last how far the database of an owner had come. Nothing here is evidence: the head itself says it, under its signature.
 */
export interface AuditRevisionRow {
  /** A tenant id or `service`. */
  owner: string;
  /** UUIDv7 of the ledger that the head names. */
  ledger: string;
  revision: number;
  chain: string;
  /** The part that the head is. */
  part: number;
}

/** Tables of the audit's own database. */
export interface AuditTables {
  audit_parts: AuditPartRow;
  audit_chains: AuditChainRow;
  audit_index: AuditIndexRow;
  audit_revisions: AuditRevisionRow;
}

export const createAuditTables: Migration = {
  name: '0001-audit',
  up: async (db, kind) => {
    const { millis } = columns(kind);
    await db.schema
      .createTable('audit_parts')
      .addColumn('chain', 'text', (column) => column.notNull())
      .addColumn('part', 'integer', (column) => column.notNull())
      .addColumn('last_seq', 'bigint', (column) => column.notNull())
      .addColumn('lines', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('audit_parts_in_order', ['chain', 'part'])
      .execute();
    await db.schema
      .createTable('audit_chains')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('at', millis, (column) => column.notNull())
      .addColumn('part', 'integer', (column) => column.notNull())
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('indexed_part', 'integer', (column) => column.notNull())
      .addColumn('ended', 'integer', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('audit_index')
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('facet', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('at', millis, (column) => column.notNull())
      .addColumn('from_at', millis, (column) => column.notNull())
      .addColumn('chain', 'text', (column) => column.notNull())
      .addColumn('first_part', 'integer', (column) => column.notNull())
      .addColumn('last_part', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('audit_index_by_facet', ['tenant_id', 'facet', 'value', 'at', 'chain'])
      .execute();
  },
};

export const addAuditTags: Migration = {
  name: '0002-audit-tags',
  up: async (db) => {
    await db.schema.alterTable('audit_parts').addColumn('tag', 'text').execute();
  },
};

export const addAuditRevisions: Migration = {
  name: '0003-audit-revisions',
  up: async (db) => {
    await db.schema
      .createTable('audit_revisions')
      .addColumn('owner', 'text', (column) => column.primaryKey())
      .addColumn('ledger', 'text', (column) => column.notNull())
      .addColumn('revision', 'bigint', (column) => column.notNull())
      .addColumn('chain', 'text', (column) => column.notNull())
      .addColumn('part', 'integer', (column) => column.notNull())
      .execute();
  },
};

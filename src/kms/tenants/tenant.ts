import { randomUUIDv7 } from 'node:crypto';
import { isUuidV4 } from '#infra/magic/uuid.ts';

/**
 * States of a tenant:
 *
 *                    switch                 reset
 *     ┌───────────┐ ───────► ┌────────┐ ───────────► ┌─────────┐  commit
 *     │ preparing │          │ active │              │ retired │ ───────► removed
 *     └───────────┘          └────────┘ ◄─────────── └─────────┘
 *       │ given up, or found at start     rollback
 *       ▼
 *     removed
 *
 * Only an active tenant is anybody's. A preparing one has its database and its keys written before anyone sees it; a
 * retired one waits for the reset that replaced it to be committed or rolled back.
 */
export type TenantState = 'preparing' | 'active' | 'retired';

/** A customer of the service, with a database and a content key of its own. */
export interface Tenant {
  /** UUIDv4: it stands in tokens, so it must not be guessed. */
  readonly id: string;
  /** Unique among active tenants. */
  readonly name: string;
  readonly schemaName: string;
  readonly demo: boolean;
}

const SCHEMA_NAME = /^t_[0-9a-f]{32}$/;

/** A name for a tenant's SQLite file or PostgreSQL schema; it depends on nothing that a caller sent. */
export const newSchemaName = (): string => `t_${randomUUIDv7().replaceAll('-', '')}`;

export const isSchemaName = (name: string): boolean => SCHEMA_NAME.test(name);

/** Strict form of a tenant id: UUIDv4 in lower case. @see RFC 9562 section 5.4 */
export const isTenantId = isUuidV4;

import { randomUUIDv7 } from 'node:crypto';

const SCHEMA_NAME = /^t_[0-9a-f]{32}$/;

/** A name for a tenant's SQLite file or PostgreSQL schema; it depends on nothing that a caller sent. */
export const newSchemaName = (): string => `t_${randomUUIDv7().replaceAll('-', '')}`;

export const isSchemaName = (name: string): boolean => SCHEMA_NAME.test(name);

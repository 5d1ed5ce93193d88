import { randomUUIDv7 } from 'node:crypto';
import { UUID_V7 } from '#infra/magic/uuid.ts';

const PREFIX = 'flow-';

/** Pattern for the names of keys that the flows of the demo make for themselves; in a tenant of the demo these names are theirs. */
export const FLOW_KEY_NAME = `^${PREFIX}${UUID_V7.replace(/^\^/, '')}`;

/** A name for such a key, which nobody has. */
export const newFlowKeyName = (): string => `${PREFIX}${randomUUIDv7()}`;

export const isFlowKeyName = (name: string): boolean => new RegExp(FLOW_KEY_NAME).test(name);

import { sep } from 'node:path';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/;

export const SNAPSHOT_NAME_FORM = 'up to 64 letters, digits, - and _, of which the first is a letter or digit, for example two-tenants';

export const isSnapshotName = (text: string): boolean => NAME.test(text);

/** Whether a snapshot is named by a path, not by its name: `./seeded`, `/srv/snapshots/seeded`. */
export const isSnapshotPath = (text: string): boolean => text.includes('/') || text.includes(sep) || text === '.' || text === '..';

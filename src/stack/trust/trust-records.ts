import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { jsonObject } from '#infra/json/json-object.ts';
import { TRUST_STORES } from '#infra/magic/magic.ts';
import { hasCode, missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import type { Env } from './run-program.ts';
import type { StoreName } from './trust-place.ts';

/** A root that this program put into a place, or was about to. */
export interface TrustRecord {
  readonly stateDir: string;
  readonly store: StoreName;
  readonly path: string;
  readonly fingerprint: string;
}

/**
 * What was put where, a file for each: beside the settings of the user and not in a state folder, which goes with `down --volumes` while
 * the root stays where it is.
 */
export interface TrustRecords {
  all(): Promise<readonly TrustRecord[]>;
  /** Written before the act: a run that is cut off leaves a record too many, never one too few. */
  add(record: TrustRecord): Promise<void>;
  remove(record: TrustRecord): Promise<void>;
}

/** `$XDG_STATE_HOME/passthru/trust`, by default below `~/.local/state`. @see https://specifications.freedesktop.org/basedir-spec */
export const trustRecords = ({ home, env }: { readonly home: string; readonly env: Env }): TrustRecords => {
  const configured = env['XDG_STATE_HOME'] ?? '';
  const folder = join(isAbsolute(configured) ? configured : join(home, '.local', 'state'), 'passthru', 'trust');
  return {
    all: async () => {
      const names = (await readdir(folder).catch(noFolder)).filter((name) => name.endsWith('.json')).toSorted();
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(missingIs(''))));
      return texts.flatMap((text) => recordIn(text) ?? []);
    },
    add: async (record) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFileAtomic(join(folder, fileOf(record)), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    },
    remove: (record) => rm(join(folder, fileOf(record)), { force: true }),
  };
};

/** A file in the place of a folder above it holds no record either. */
const noFolder = (error: unknown): readonly string[] => {
  if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
  throw error;
};

const fileOf = ({ stateDir, store, path, fingerprint }: TrustRecord): string =>
  `${createHash('sha256')
    .update(JSON.stringify([stateDir, store, path, fingerprint]))
    .digest('hex')
    .slice(0, 32)}.json`;

/** Null for a text that is no record: a crash, or somebody else, may have left it. */
const recordIn = (text: string): TrustRecord | null => {
  const { stateDir, store: name, path, fingerprint } = jsonObject(text) ?? {};
  const store = TRUST_STORES.find((each) => each === name);
  if (typeof stateDir !== 'string' || store === undefined || typeof path !== 'string' || typeof fingerprint !== 'string') return null;
  return /^[0-9a-f]{64}$/.test(fingerprint) ? { stateDir, store, path, fingerprint } : null;
};

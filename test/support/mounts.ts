import { randomUUIDv7 } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICES } from '#engine/engine.ts';
import { type PreparedMounts, type MountOptions, prepareMounts } from '#engine/files/mounts/prepare-mounts.ts';
import { stateFolder, type StateFolder } from '#engine/state/state-folder.ts';
import type { Result } from '#infra/apperr/result.ts';
import { ROOT } from './engine.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const PORTS = {
  kms: 8081,
  kmsAdmin: 9081,
  identity: 8082,
  identityAdmin: 9082,
  identityFeed: 10082,
  telemetry: 10081,
  telemetryHealth: 11081,
  partner: 11082,
};

export interface TestMounts extends AsyncDisposable {
  readonly path: string;
  readonly folder: StateFolder;
  readonly target: string;
  readonly warnings: string[];
  prepare(options?: Partial<MountOptions>): Promise<Result<PreparedMounts>>;
  /** A file for containers, for example `in('kms', 'ca.pem')`. */
  in(product: string, name?: string): string;
}

/** A state folder and a target of its own; the files are made by `prepare`. */
export const testMounts = async (): Promise<TestMounts> => {
  const directory = await temporaryDirectory();
  const folder = stateFolder(join(directory.path, `state-${randomUUIDv7()}`));
  const target = folder.docker;
  const warnings: string[] = [];
  return {
    path: directory.path,
    folder,
    target,
    warnings,
    prepare: (options = {}) =>
      prepareMounts({
        folder,
        target,
        packageRoot: ROOT,
        ports: PORTS,
        partner: true,
        hasData: () => Promise.resolve(false),
        signal: new AbortController().signal,
        warn: (text) => void warnings.push(text),
        ...options,
      }),
    in: (product, name = '') => join(target, product, 'secrets', name),
    [Symbol.asyncDispose]: directory[Symbol.asyncDispose],
  };
};

/** The files of a target, by `<product>/<name>`. */
export const snapshot = async (
  target: string,
): Promise<Readonly<Record<string, { text: string; mtimeMs: number; ino: number; mode: string }>>> => {
  const found = await Promise.all(
    SERVICES.map(async (product) => {
      const folder = join(target, product, 'secrets');
      return Promise.all(
        (await readdir(folder)).map(async (name) => {
          const [text, stats] = [await readFile(join(folder, name), 'utf8'), await lstat(join(folder, name))];
          return [`${product}/${name}`, { text, mtimeMs: stats.mtimeMs, ino: stats.ino, mode: (stats.mode & 0o777).toString(8) }] as const;
        }),
      );
    }),
  );
  return Object.fromEntries(found.flat());
};

export const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { refuseOthers } from '#infra/files/own-folder.ts';
import { closeFolder } from './closed-state.ts';

/**
 * The state folder of a stack (`.passthru`), which is crash-only: whatever a killed run left behind, the next one repairs or removes.
 * This folder knows its paths, its lock, its record of what was started, and how to tell whether a process of then still lives.
 */

/** The paths of one stack, all of them absolute. */
export interface StateFolder {
  readonly path: string;
  readonly lock: string;
  readonly run: string;
  readonly tls: string;
  /** Mode 0700, files 0600. */
  readonly secrets: string;
  /** Configuration overlays with absolute paths, and `tenants.json`. */
  readonly config: string;
  readonly data: string;
  readonly logs: string;
  /** Files that the Docker engine generates: copies of secrets for containers, Compose override. */
  readonly docker: string;
  /** Copies of the whole data, which stay when the stack is removed. */
  readonly snapshots: string;
  /** While data are put in the place of others: the new ones, before they are there, and the old ones, until the stack is well with the new. */
  readonly restoring: string;
  readonly beforeRestore: string;
  /** What a drill broke and has not put right yet; no folder when all is well. */
  readonly drill: string;
  readonly gitignore: string;
}

/** The paths of a state folder; makes nothing. */
export const stateFolder = (stateDir: string): StateFolder => {
  const path = resolve(stateDir);
  const at = (name: string) => join(path, name);
  return {
    path,
    lock: at('lock'),
    run: at('run.json'),
    tls: at('tls'),
    secrets: at('secrets'),
    config: at('config'),
    data: at('data'),
    logs: at('logs'),
    docker: at('docker'),
    snapshots: at('snapshots'),
    restoring: at('restoring'),
    beforeRestore: at('before-restore'),
    drill: at('drill'),
    gitignore: at('.gitignore'),
  };
};

/**
 * Makes the folders that a run needs, closed to other users, or takes those that are there when nobody else can have put anything into
 * them. Git is told to look away, because CA keys and secrets lie here.
 *
 * @param warn hears of each secret that other users could read until now
 * @throws AppError as `closeFolder`; the file system's error
 */
export const makeStateFolder = async (folder: StateFolder, warn: (text: string) => void): Promise<void> => {
  await mkdir(folder.path, { recursive: true, mode: 0o755 });
  refuseOthers(folder.path, await stat(folder.path));
  await Promise.all([
    ...[folder.tls, folder.secrets].map((path) => closeFolder(path, { areSecret: true, warn })),
    ...[folder.config, folder.data, folder.logs].map((path) => closeFolder(path, { areSecret: false, warn })),
    writeFile(folder.gitignore, '*\n'),
  ]);
};

/** Whether a folder is there and holds something. */
export const isFilled = async (path: string): Promise<boolean> => (await readdir(path).catch(missingIs([]))).length > 0;

/**
 * Removes certificates, secrets, configuration and data; what others put there, and snapshots, stay.
 *
 * @param options.docker whether also what containers mount, which a stack on Docker may still need
 */
export const removeState = async (folder: StateFolder, { docker }: { readonly docker: boolean }): Promise<void> => {
  const { data, logs, tls, secrets, config, run, restoring, beforeRestore, gitignore } = folder;
  const paths = [data, logs, tls, secrets, config, run, `${run}.damaged`, restoring, beforeRestore, gitignore];
  await Promise.all([...paths, ...(docker ? [folder.docker] : [])].map((path) => rm(path, { recursive: true, force: true })));
};

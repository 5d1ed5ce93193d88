import { constants, type Stats } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { diskFix, NO_FOLDER_FIX } from '#engine/state/disk-fixes.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { hasCode, missingIs } from '#infra/apperr/system-error.ts';
import { refuseOthers } from '#infra/files/own-folder.ts';
import { refuseForeignFolder } from '../../find-state-folder.ts';
import { readLastStart } from '#stack/record/last-start.ts';
import { fault, fine, foreseen, type Patient, warning } from '../patient/check.ts';
import { existingFolder } from '../patient/existing-folder.ts';

/** Whether a start may write where the stack is kept, and nobody else may. */
export const checkStateFolder = async ({ options: { stateDir } }: Patient) => {
  const { path, tls, secrets, config, data, logs, docker } = stateFolder(stateDir);
  const there = await existingFolder(path);
  try {
    await refuseForeignFolder(path);
    if (!(await stat(there)).isDirectory()) return fault(`${there} is a file`, NO_FOLDER_FIX);
    for (const folder of [tls, secrets, config, data, logs, docker]) refuse(folder, await stat(folder).catch(missingIs(null)));
    await access(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (there !== path && hasCode(error, 'EACCES', 'EPERM')) {
      return fault(`${there} cannot be written by this user, so that ${path} cannot be made`, NAME_ANOTHER);
    }
    const failure = failureFrom(error);
    if (failure.fix !== '') return foreseen('fault', failure);
    return fault(`the state folder ${path} cannot be used: ${failure.message}`, diskFix(error) ?? NAME_ANOTHER);
  }
  const { engine, movedFrom } = await readLastStart(path);
  if (engine !== 'docker' || movedFrom === null) return fine(there === path ? path : `${path}, which the first start makes`);
  return warning(
    `${path} was copied or moved from ${movedFrom}: what runs on Docker belongs to that path, and is left alone`,
    'Move it back to take that stack down, or start a stack of its own here on other ports.',
  );
};

const NAME_ANOTHER = 'Name a folder of your own with --state-dir.';

const refuse = (folder: string, found: Stats | null): void => {
  if (found !== null) refuseOthers(folder, found);
};

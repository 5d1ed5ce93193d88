import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { BarrierReshareDocument } from '#cli/documents/barrier.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { BARRIER_RESHARE_FLAGS } from '#cli/settings/operator-flags.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { cancelReshare, giveReshare, type ReshareBody, reshareState, startReshare } from '#client/admin/barrier.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { closedToOthers } from '#infra/files/own-folder.ts';
import { readSecret, writeSecret } from '#infra/files/secret-file.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { operatorClient, operatorCommand, type OperatorResult } from './operator-command.ts';
import { readPassword } from './read-password.ts';
import { refusedInput } from './refused-input.ts';

type Call = CommandCall<unknown, typeof BARRIER_RESHARE_FLAGS>;

interface Admin {
  readonly url: string;
  readonly client: HttpsClient;
}

/**
 * `passthru barrier reshare`: new unseal shares in the place of the present ones. The holders of those give theirs, in one call or in
 * several; the call that gives the last writes the new ones into files and gives them back, and only then the old ones end.
 */
export const barrierReshare = (call: Call): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url, threshold, shares, shareFile, out, cancel }) => {
    const { process } = call;
    await using client = await operatorClient(operator);
    const admin = { url, client };
    if (cancel) return resultOf(await cancelReshare(admin), []);
    let state = await reshareState(admin);
    // New shares that were written, and whose confirmation was cut off, are given back from where they are.
    if (state.state !== 'confirming') await emptyFolder(out);
    if (state.state === 'none') state = await begin(admin, { threshold, shares, command: call.command });
    for (const file of shareFile ?? [undefined]) {
      const share = await readPassword({ file, flag: '--share-file', of: new URL(url).host, what: 'unseal share', process });
      const { new_shares: newShares, ...after } = await giveReshare({ ...admin, share });
      state = after;
      if (newShares === null) continue;
      const written = await writeShares(out, newShares).catch((error: unknown) => endWithout(admin, error));
      return resultOf(await confirm(admin, written, after.threshold ?? written.length), written);
    }
    return resultOf(state, []);
  });

/** Nothing of another set may lie beside the new shares. */
const emptyFolder = async (out: string): Promise<void> => {
  await closedToOthers(out);
  if ((await readdir(out)).length > 0)
    throw usageError(`the folder ${out} of --out is not empty`, { fix: 'Name an empty or a new folder.' });
};

const begin = async (
  admin: Admin,
  { threshold, shares, command }: { readonly threshold: number | undefined; readonly shares: number | undefined; readonly command: string },
): Promise<ReshareBody> => {
  if (threshold === undefined || shares === undefined) {
    const missing = [...(threshold === undefined ? ['--threshold'] : []), ...(shares === undefined ? ['--shares'] : [])];
    throw usageError(`${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`, {
      fields: missing.map((field) => ({ field, message: 'is missing' })),
      fix: 'Say how many new shares there will be, and how many of them unseal.',
    });
  }
  return startReshare({ ...admin, threshold, shares }).catch(refusedInput(command, { '/threshold': '--threshold', '/shares': '--shares' }));
};

/** @returns the files, each of mode 0600 and on the disk */
const writeShares = async (out: string, shares: readonly string[]): Promise<readonly string[]> => {
  const files = shares.map((_, index) => join(out, `unseal-share-${index + 1}`));
  for (const [index, file] of files.entries()) await writeSecret(file, shares[index] ?? '');
  return files;
};

/** The new shares are not safe, so the old ones stay. */
const endWithout = async (admin: Admin, error: unknown): Promise<never> => {
  await cancelReshare(admin);
  throw error;
};

/** Gives back what the files hold: what can be read from them will open the database. */
const confirm = async (admin: Admin, files: readonly string[], needed: number): Promise<ReshareBody> => {
  let state: ReshareBody | null = null;
  for (const file of files.slice(0, needed)) state = await giveReshare({ ...admin, share: await readSecret(file, 'an unseal share') });
  if (state?.state === 'done') return state;
  throw new AppError('reshare-unfinished', 500, 'The new shares were given back, and the KMS still waits for some.', {
    fix: 'Give them back again by --share-file, or cancel by --cancel: until then the present shares open the database.',
  });
};

const resultOf = ({ state, given, needed }: ReshareBody, files: readonly string[]): OperatorResult => {
  const document: Omit<BarrierReshareDocument, 'command' | 'exit_code'> = { version: 1, state, given, needed, files: [...files] };
  const progress = `${given}${needed === null ? '' : ` of ${needed}`}`;
  const lines = {
    none: ['Cancelled. The present shares open the database.'],
    asking: [`Shares        ${progress} of the present ones given`],
    confirming: [`Shares        ${progress} of the new ones given back; the present ones still open the database`],
    done: [
      ...files.map((file, index) => `${index === 0 ? 'New shares' : ''}`.padEnd(14) + file),
      'Only the new shares open the database from now on. Give each to its holder, and put those with which replicas',
      'unseal themselves into the place of the old ones before the next start of any replica.',
    ],
  };
  return { document, lines: lines[state], short: files, record: { body: `new unseal shares: ${state}`, attributes: {} } };
};

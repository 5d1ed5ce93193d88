import { AppError } from '#infra/apperr/app-error.ts';
import { identityClients } from '#client/admin/identity-clients.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { ClientSecretDocument } from '#cli/documents/clients.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { CLIENT_ROTATE_SECRET_FLAGS } from '#cli/settings/client-change-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { identityAdmin } from './identity-admin.ts';
import { operatorCommand, type OperatorResult } from '../operator/operator-command.ts';
import { refusedInput } from '../operator/refused-input.ts';
import { openSecretOut } from './secret-out.ts';

type Call = CommandCall<string, typeof CLIENT_ROTATE_SECRET_FLAGS>;

/** @param secret null where it is in a file, or none was made */
const resultOf = (
  id: string,
  made: { readonly secret: string | null; readonly file: string | null; readonly previousEndsAt: string | null },
  lines: readonly string[],
): OperatorResult => {
  const document: Omit<ClientSecretDocument, 'command' | 'exit_code'> = {
    version: 1,
    client_id: id,
    client_secret: made.secret,
    secret_file: made.file,
    previous_ends_at: made.previousEndsAt,
  };
  return {
    document,
    lines,
    short: made.secret === null ? [] : [made.secret],
    record: { body: `changed the secret of client ${id}`, attributes: { 'passthru.client.id': id } },
  };
};

const endPrevious = async (call: Call, flags: ValuesOf<typeof CLIENT_ROTATE_SECRET_FLAGS>): Promise<OperatorResult> => {
  if (flags.replaceNewest || flags.secretOut !== undefined)
    throw usageError('--end-previous makes no secret', {
      fix: 'Leave out --replace-newest and --secret-out, or make a new secret without it.',
    });
  await using identity = await identityAdmin(flags, call.process);
  await identityClients(identity)
    .endPreviousSecret(call.argument)
    .catch(refusedInput(call.command, { 'path/client_id': '<id>' }));
  return resultOf(call.argument, { secret: null, file: null, previousEndsAt: null }, [
    `The secret before of ${call.argument} is good no more.`,
  ]);
};

/** For `.catch`: the ways out in words of the command line. */
const stillGood = (thrown: unknown): never => {
  if (!(thrown instanceof AppError) || thrown.code !== 'client-secret-overlap') throw thrown;
  throw new AppError(thrown.code, thrown.status, thrown.message, {
    fix: 'End that one by --end-previous first; or, where the answer of the last rotation was lost, say --replace-newest.',
  });
};

/** `passthru client rotate-secret`: a new secret, which Identity makes and tells this once. */
export const clientRotateSecret = (call: Call): Promise<ExitCode> =>
  operatorCommand(call, async (flags) => {
    const { argument: id, process } = call;
    if (flags.endPrevious) return endPrevious(call, flags);
    await using out = flags.secretOut === undefined ? null : await openSecretOut(flags.secretOut, process.cwd);
    await using identity = await identityAdmin(flags, process);
    const body = { overlap_seconds: Math.round(flags.overlap / 1_000), replace_newest: flags.replaceNewest };
    const rotated = identityClients(identity).rotateSecret(id, body).catch(stillGood);
    const { client_secret: secret, previous_ends_at: previousEndsAt } = await rotated.catch(
      refusedInput(call.command, { 'path/client_id': '<id>', '/overlap_seconds': '--overlap' }),
    );
    await out?.write(secret, `passthru client rotate-secret ${id} --replace-newest`);
    const made = { secret: out === null ? secret : null, file: flags.secretOut ?? null, previousEndsAt };
    return resultOf(id, made, [
      out === null ? `Secret  ${secret}` : `Secret  in ${flags.secretOut}`,
      previousEndsAt === null ? 'Before  good no more' : `Before  good until ${previousEndsAt}`,
      ...(out === null ? ['It is shown this once.'] : []),
    ]);
  });

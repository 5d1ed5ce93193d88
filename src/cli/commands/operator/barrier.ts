import type { CommandCall } from '#cli/command-line/command.ts';
import type { BarrierStatusDocument } from '#cli/documents/barrier.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { BARRIER_FLAGS, BARRIER_UNSEAL_FLAGS } from '#cli/settings/operator-flags.ts';
import { resetUnseal, seal, type SealStatus, sealStatus, unseal } from '#client/admin/barrier.ts';
import { operatorClient, operatorCommand, type OperatorResult } from './operator-command.ts';
import { readPassword } from './read-password.ts';

type Call<F extends typeof BARRIER_FLAGS | typeof BARRIER_UNSEAL_FLAGS> = CommandCall<unknown, F>;

const resultOf = ({ sealed, initialized, given, threshold }: SealStatus): OperatorResult => {
  const document: Omit<BarrierStatusDocument, 'command' | 'exit_code'> = { version: 1, sealed, initialized, given, threshold };
  const state = sealed ? 'sealed' : 'unsealed';
  return {
    document,
    lines: [
      `Seal        ${state}${initialized ? '' : ', and the database has no root key yet'}`,
      ...(sealed ? [`Shares      ${given}${threshold === null ? '' : ` of ${threshold}`} given`] : []),
    ],
    short: [state],
    record: { body: `the KMS is ${state}`, attributes: {} },
  };
};

/** `passthru barrier status`: whether the keys of a KMS can be used, and how many unseal shares it was given. */
export const barrierStatus = (call: Call<typeof BARRIER_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url }) => {
    await using client = await operatorClient(operator);
    return resultOf(await sealStatus({ url, client }));
  });

/** `passthru barrier seal`: a KMS forgets every key. */
export const barrierSeal = (call: Call<typeof BARRIER_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url }) => {
    await using client = await operatorClient(operator);
    return resultOf(await seal({ url, client }));
  });

/** `passthru barrier unseal`: gives unseal shares, one after the other. */
export const barrierUnseal = (call: Call<typeof BARRIER_UNSEAL_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url, shareFile, reset }) => {
    const { process } = call;
    await using client = await operatorClient(operator);
    if (reset) await resetUnseal({ url, client });
    let status = await sealStatus({ url, client });
    // With --reset alone nothing more is wanted.
    const files = shareFile ?? (reset ? [] : [undefined]);
    for (const file of files) {
      if (!status.sealed) break;
      const share = await readPassword({ file, flag: '--share-file', of: new URL(url).host, what: 'unseal share', process });
      status = await unseal({ url, client, share });
    }
    return resultOf(status);
  });

import type { CommandCall } from '#cli/command-line/command.ts';
import type { BarrierRotateDocument, BarrierSealDocument, BarrierStatusDocument } from '#cli/documents/barrier.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { BARRIER_FLAGS, BARRIER_ROTATE_FLAGS, BARRIER_UNSEAL_FLAGS } from '#cli/settings/operator-flags.ts';
import {
  type BarrierBody,
  type BarrierKeyBody,
  barrierKeys,
  resetUnseal,
  rotateBarrier,
  seal,
  type SealStatus,
  sealStatus,
  unseal,
} from '#client/admin/barrier.ts';
import { counted } from '#infra/lines/counted.ts';
import { operatorClient, operatorCommand, type OperatorResult } from './operator-command.ts';
import { readPassword } from './read-password.ts';
import { refusedInput } from './refused-input.ts';

type Call<F extends typeof BARRIER_FLAGS | typeof BARRIER_UNSEAL_FLAGS> = CommandCall<unknown, F>;

type Own<D> = Omit<D, 'command' | 'exit_code'>;

const resultOf = ({
  sealed,
  initialized,
  given,
  threshold,
}: SealStatus): OperatorResult & { readonly document: Own<BarrierSealDocument> } => {
  const document = { version: 1, sealed, initialized, given, threshold } as const;
  const state = sealed ? 'sealed' : 'unsealed';
  return {
    document,
    lines: [
      `Seal          ${state}${initialized ? '' : ', and the database has no root key yet'}`,
      ...(sealed ? [`Shares        ${given}${threshold === null ? '' : ` of ${threshold}`} given`] : []),
    ],
    short: [state],
    record: { body: `the KMS is ${state}`, attributes: {} },
  };
};

const keyLine = (name: string, { version, id, created_at: since }: BarrierKeyBody): string =>
  `${name.padEnd(14)}version ${version}, ${id}, since ${since}`;

const older = (count: number): string => (count === 0 ? '' : `, ${count} older that are being retired`);

const linesOf = ({
  root,
  intermediate,
  older_intermediates: olderKeys,
  tenants,
  older_content_keys: olderContent,
  rewrapped,
}: BarrierBody) => [
  keyLine('Root', root),
  `${keyLine('Intermediate', intermediate)}${older(olderKeys)}`,
  `Content       ${counted(tenants, 'tenant')}${older(olderContent)}`,
  `Wrapped anew  ${counted(rewrapped.content_keys, 'content key')} and ${counted(rewrapped.secrets, 'secret')}, by this process since its start`,
];

/** `passthru barrier status`: whether the keys of a KMS can be used, how many unseal shares it was given, and the keys above the tenants. */
export const barrierStatus = (call: Call<typeof BARRIER_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url }) => {
    await using client = await operatorClient(operator);
    const { document: seal, lines, ...result } = resultOf(await sealStatus({ url, client }));
    const keys = seal.sealed ? null : await barrierKeys({ url, client });
    const document: Own<BarrierStatusDocument> = { ...seal, keys };
    return { ...result, document, lines: [...lines, ...(keys === null ? [] : linesOf(keys))] };
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

/** `passthru barrier rotate`: a new key of a level, which wraps from then on. */
export const barrierRotate = (call: CommandCall<string, typeof BARRIER_ROTATE_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url, tenant: tenantId }) => {
    const { argument: level } = call;
    await using client = await operatorClient(operator);
    const { made, ...keys } = await rotateBarrier({ url, client, level, tenantId }).catch(
      refusedInput(call.command, { '/level': '<level>', '/tenant_id': '--tenant' }),
    );
    const document: Own<BarrierRotateDocument> = { version: 1, level, made, ...keys };
    return {
      document,
      lines: [`Made          ${made} ${level} ${made === 1 ? 'key' : 'keys'}`, ...linesOf(keys)],
      short: [String(made)],
      record: { body: `rotated the ${level} key: ${made} made`, attributes: {} },
    };
  });

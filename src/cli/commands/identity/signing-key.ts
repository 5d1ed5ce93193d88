import type { CommandCall } from '#cli/command-line/command.ts';
import type { SigningKeyListDocument, SigningKeyRotateDocument, SigningKeyWithdrawDocument } from '#cli/documents/signing-key.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import { tableLines } from '#cli/reporters/lines/table.ts';
import type { IDENTITY_ADMIN_FLAGS } from '#cli/settings/identity-admin-flags.ts';
import { listSigningKeys, rotateSigningKeys, withdrawSigningKey } from '#client/admin/signing-keys.ts';
import { identityAdmin } from './identity-admin.ts';
import { operatorCommand } from '../operator/operator-command.ts';
import { refusedInput } from '../operator/refused-input.ts';

type Call<A> = CommandCall<A, typeof IDENTITY_ADMIN_FLAGS>;
type Own<D> = Omit<D, 'command' | 'exit_code'>;

/** `passthru signing-key list`: the keys with which Identity signs tokens. */
export const signingKeyList = (call: Call<unknown>): Promise<ExitCode> =>
  operatorCommand(call, async (flags, layout) => {
    await using identity = await identityAdmin(flags, call.process);
    const keys = (await listSigningKeys(identity)).map(({ kid, algorithm, state }) => ({ kid, algorithm, state }));
    const document: Own<SigningKeyListDocument> = { version: 1, keys };
    return {
      document,
      lines: tableLines(
        ['State', 'Algorithm', 'Key id'],
        keys.map(({ kid, algorithm, state }) => [state, algorithm, kid]),
        layout,
      ),
      short: keys.map(({ kid }) => kid),
      record: keys.map(({ kid, state }) => ({
        body: `signing key ${kid}: ${state}`,
        attributes: { 'passthru.signing_key.id': kid, 'passthru.signing_key.state': state },
      })),
    };
  });

/** `passthru signing-key rotate`: the next key signs, the old one verifies what it signed. */
export const signingKeyRotate = (call: Call<unknown>): Promise<ExitCode> =>
  operatorCommand(call, async (flags) => {
    await using identity = await identityAdmin(flags, call.process);
    const { active, retired, published } = await rotateSigningKeys(identity);
    const document: Own<SigningKeyRotateDocument> = { version: 1, active, retired, published };
    return {
      document,
      lines: [`Signs now  ${active}`, `Retired    ${retired}, until its last token has ended`, `Next       ${published}`],
      short: [active],
      record: { body: 'rotated the signing keys', attributes: { 'passthru.signing_key.id': active } },
    };
  });

/** `passthru signing-key withdraw`: nothing that a key signed is good any more. */
export const signingKeyWithdraw = (call: Call<string>): Promise<ExitCode> =>
  operatorCommand(call, async (flags) => {
    await using identity = await identityAdmin(flags, call.process);
    const { withdrawn, active, published } = await withdrawSigningKey({ ...identity, kid: call.argument }).catch(
      refusedInput(call.command, { 'path/kid': '<kid>' }),
    );
    const document: Own<SigningKeyWithdrawDocument> = { version: 1, withdrawn, active, published };
    return {
      document,
      lines: [`Withdrawn  ${withdrawn}`, `Signs now  ${active}`, `Next       ${published}`],
      short: [active],
      record: { body: 'withdrew a signing key', attributes: { 'passthru.signing_key.id': withdrawn } },
    };
  });

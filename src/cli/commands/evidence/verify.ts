import { AppError } from '#infra/apperr/app-error.ts';
import { isFingerprint } from '#infra/evidence/bundle/certificate-path.ts';
import { fingerprintIn, verifyFolder } from '#infra/evidence/bundle/main.ts';
import { lineOfFault, linesOfVerdict } from '#infra/evidence/bundle/verdict-lines.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import { operatorCommand } from '../operator/operator-command.ts';
import type { EvidenceVerifyDocument } from '#cli/documents/evidence.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { EVIDENCE_VERIFY_FLAGS } from '#cli/settings/command-flags.ts';
import { usageError } from '#cli/settings/usage-error.ts';

/** `passthru evidence verify`: whether a bundle holds, and else what of it does not. It needs the folder alone, and asks nobody. */
export const evidenceVerify = (call: CommandCall<string, typeof EVIDENCE_VERIFY_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async (flags) => {
    const { argument: folder } = call;
    const fingerprint = await trustedRoot(flags);
    const verdict = await verifyFolder(folder, { fingerprint }).catch((cause: unknown) => {
      throw new AppError('evidence-unreadable', 500, `${folder} cannot be read`, {
        cause,
        fix: 'Name the folder of a bundle.',
      });
    });
    const { holds, faults } = verdict;
    const document: Omit<EvidenceVerifyDocument, 'command' | 'exit_code'> = {
      version: 1,
      folder,
      holds,
      outcome: verdict.run?.outcome ?? null,
      files: verdict.files.count,
      bytes: verdict.files.bytes,
      exchanges: verdict.exchanges,
      checks: { ...verdict.checks },
      signer: verdict.signer && { ...verdict.signer },
      audit: verdict.audit && { ...verdict.audit },
      missing: verdict.missing.map((each) => ({ ...each })),
      faults: faults.map((each) => ({ ...each })),
    };
    return {
      document,
      lines: linesOfVerdict(verdict),
      short: faults.map(lineOfFault),
      record: { body: holds ? `${folder} holds` : `${folder} does not hold`, failed: !holds, attributes: {} },
      exitCode: holds ? EXIT.passed : EXIT.partial,
    };
  });

/** The fingerprint of the root that the caller trusts; undefined where he named none. */
const trustedRoot = async ({
  ca,
  fingerprint,
}: {
  readonly ca: string | undefined;
  readonly fingerprint: string | undefined;
}): Promise<string | undefined> => {
  if (ca !== undefined && fingerprint !== undefined)
    throw usageError('--ca and --fingerprint both name the root', { fix: 'Give one of them.' });
  if (ca === undefined) {
    if (fingerprint === undefined || isFingerprint(fingerprint)) return fingerprint;
    throw usageError(`--fingerprint ${fingerprint} is none`, { fix: 'Give SHA-256 as 64 hexadecimal digits, with colons or without.' });
  }
  const found = await fingerprintIn(ca).catch(() => undefined);
  if (found !== undefined) return found;
  throw new AppError('ca-unreadable', 500, `--ca ${ca} is no PEM file of a certificate that can be read`, {
    fix: 'Name the file of the root, for example .passthru/tls/ca.pem.',
  });
};

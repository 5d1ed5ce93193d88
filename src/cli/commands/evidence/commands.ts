import { type AddCommand, command, commandGroup } from '#cli/command-line/build-program.ts';
import { EVIDENCE_VERIFY_HELP } from '#cli/command-line/help-texts.ts';
import { EVIDENCE_VERIFY_FLAGS } from '#cli/settings/command-flags.ts';
import { folder } from '#cli/settings/value-types.ts';

/** The commands on bundles of evidence, a row each. */
export const EVIDENCE_COMMANDS: readonly AddCommand[] = [
  commandGroup('evidence', 'bundles that runs with --evidence left', [
    command({
      name: 'verify',
      summary: 'check one without its stack: hashes, signature, audit, and each check from its request and answer',
      argument: { spelling: '<folder>', help: 'a bundle', type: folder },
      flags: EVIDENCE_VERIFY_FLAGS,
      settings: ['output'],
      help: EVIDENCE_VERIFY_HELP,
      run: async (call) => (await import('./verify.ts')).evidenceVerify(call),
    }),
  ]),
];

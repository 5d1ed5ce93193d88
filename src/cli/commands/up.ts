import { upPlan } from '#demo/plan.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import { runCommand } from '#cli/context/run-command.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { BEGIN_FLAGS } from '#cli/settings/command-flags.ts';
import { RUN_REMARKS, runPlan } from './demo.ts';
import { beginning } from './snapshot/begin.ts';

/** `passthru up`: a demo without its flows, whose stack stays up in every profile; one that is up already is looked at and stays. */
export const up = (call: CommandCall<undefined, typeof BEGIN_FLAGS>): Promise<ExitCode> =>
  runCommand(
    call,
    RUN_REMARKS,
    async (called) => {
      const context = await beginning({ ...called, settings: { ...called.settings, rm: false } });
      return runPlan(context, upPlan({ profile: context.settings.profile, isSeeded: context.snapshot !== undefined }));
    },
    { startsStack: true },
  );

import { upPlan } from '#demo/plan.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import { runCommand } from '#cli/context/run-command.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import { RUN_REMARKS, runPlan } from './demo.ts';

/** `passthru up`: a demo without its flows, whose stack stays up in every profile; one that is up already is looked at and stays. */
export const up = (call: CommandCall): Promise<ExitCode> =>
  runCommand(
    call,
    RUN_REMARKS,
    (context) => runPlan({ ...context, settings: { ...context.settings, rm: false } }, upPlan({ profile: context.settings.profile })),
    { startsStack: true },
  );

import { criticalPath } from '#demo/history/critical-path.ts';
import type { Prediction } from '#demo/history/prediction.ts';
import { plan as planOf, type Plan, portUsersOf } from '#demo/plan.ts';
import type { DemoCommand } from '#demo/step/step.ts';
import { predictionMember } from '#demo/to-report.ts';
import { lookAhead, type StackOutlook } from '#stack/stack-outlook.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { openRunMemory } from '#cli/context/run-memory.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { PlanDocument } from '#cli/documents/plan.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { planLines } from '#cli/reporters/lines/plan-lines.ts';

/** `passthru plan`: the run that `demo` would be, as it computes it, and the time that it would take by earlier ones. */
export const plan = (call: CommandCall<DemoCommand>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted.', second: 'Interrupted again.' }, (context) => tell(context, call.argument), {
    startsStack: true,
  });

const tell = async (context: CommandContext, what: DemoCommand): Promise<ExitCode> => {
  const { command, settings, terminal, printer, process } = context;
  const wanted = planOf({ command: what, profile: settings.profile });
  await using outlook = await lookAhead({ ...stackOptions(context), of: portUsersOf(wanted) });
  const { prediction } = await openRunMemory({ engine: asRunFindsIt(outlook, settings.engine), plan: wanted, process });
  const document = documentOf({ command, plan: wanted, outlook, prediction });
  const width = terminal.out.isTTY === true ? terminal.width : Number.POSITIVE_INFINITY;
  const lines = planLines(document, { paint: terminal.paintOut, width, isBrief: settings.verbosity === 'quiet' });
  const records = document.steps.map(({ id, title, predicted_ms: predicted, runs }) => ({
    body: title,
    attributes: { 'passthru.step': id, 'passthru.predicted_ms': predicted, 'passthru.runs': runs },
  }));
  printer.result({ document, lines, records });
  return EXIT.passed;
};

/** `auto` has the images made while it chooses the engine: the steps of the run find them there. */
const asRunFindsIt = ({ engine, missingImages }: StackOutlook, wanted: CommandContext['settings']['engine']) => ({
  ...engine,
  missingImages: async () => (wanted === 'auto' && missingImages !== null ? [] : missingImages),
});

const documentOf = (of: {
  readonly command: string;
  readonly plan: Plan;
  readonly outlook: StackOutlook;
  readonly prediction: Prediction;
}): PlanDocument => {
  const { command, plan: wanted, outlook, prediction } = of;
  const { engine, services, missingImages, certificates, data } = outlook;
  const predicted = (id: string) => prediction.steps.find((step) => step.id === id);
  const isKnown = prediction.durationMs !== null;
  return {
    version: 1,
    command,
    exit_code: EXIT.passed,
    run: wanted.command,
    engine: engine.kind,
    engine_reason: engine.reason,
    profile: engine.profile,
    services: services.map((each) => ({ ...each, ports: each.ports.map((port) => ({ ...port })) })),
    missing_images: missingImages === null ? null : [...missingImages],
    certificates: {
      authority: stateOf(certificates.authority),
      leaves: certificates.leaves.map((leaf) => ({ name: leaf.name, ...stateOf(leaf) })),
    },
    data: [...data],
    steps: wanted.steps.map(({ id, phase, title, needs }) => ({
      id,
      phase,
      title,
      needs: [...needs],
      predicted_ms: predicted(id)?.durationMs ?? null,
      runs: predicted(id)?.runs ?? 0,
    })),
    prediction: predictionMember(prediction),
    critical_path: [...criticalPath(wanted.steps, (id) => (isKnown ? (predicted(id)?.durationMs ?? 0) : 1))],
  };
};

const stateOf = ({ state, why }: StackOutlook['certificates']['authority']) => ({ state, why });

import { startHealthy } from '#demo/health/bring-up/start-healthy.ts';
import { SERVICES } from '#engine/engine.ts';
import { steadyNow } from '#infra/jobs/clock.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { openStack } from '#stack/open-stack.ts';
import { readLastStart } from '#stack/record/last-start.ts';
import { restoreSnapshot } from '#stack/snapshot/restore-snapshot.ts';
import { findSnapshot } from '#stack/snapshot/store.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { runningParts } from '#cli/context/running-services.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { SnapshotRestoreDocument } from '#cli/documents/snapshot.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { momentText } from '#cli/reporters/lines/snapshot-lines.ts';
import { formatDuration } from '#cli/reporters/terminal/layout.ts';
import { memberOf } from './snapshot-member.ts';

/** `passthru snapshot restore`: the data of a snapshot in the place of those of the stack. */
export const restoreCommand = (call: CommandCall<string>): Promise<ExitCode> =>
  runCommand(
    call,
    {
      first: 'Interrupted: before the data are exchanged, nothing changes; after that, the restore ends in some seconds.',
      second: 'Interrupted again: the next command undoes what is half done.',
    },
    (context) => restore(context, call.argument),
  );

const restore = async (context: CommandContext, wanted: string): Promise<ExitCode> => {
  const { command, settings, printer, interrupts } = context;
  const begun = steadyNow();
  const snapshot = await findSnapshot(settings.stateDir, wanted);
  const options = stackOptions(context);
  const { engine: last } = await readLastStart(settings.stateDir);
  // A folder in which nothing was started yet takes the engine of the snapshot.
  const engineOf = options.engine === 'auto' && last === null ? snapshot.engine : options.engine;
  await using stack = await openStack({ ...options, engine: engineOf, purpose: 'find', holder: `${command} ${wanted}` });
  const { engine } = stack;
  const parts = await runningParts(engine);
  const services = SERVICES.filter((service) => parts.includes(service));
  const start = () => startHealthy({ engine, services, signal: interrupts.second, timeoutMs: settings.healthTimeout });
  const { stateDir } = settings;
  orThrow(await restoreSnapshot({ engine, stateDir, snapshot, start: services.length === 0 ? null : start, signal: interrupts.first }));
  if (last === null) await stack.recordStart();
  const durationMs = steadyNow() - begun;
  const running = services.length > 0;
  const document: SnapshotRestoreDocument = {
    version: 1,
    command,
    exit_code: EXIT.passed,
    snapshot: memberOf(snapshot),
    duration_ms: Math.round(durationMs),
    running,
  };
  const lines = [
    `Restored ${snapshot.name ?? snapshot.folder}, saved ${momentText(snapshot.savedAt)}, in ${formatDuration(durationMs)}; every byte was checked`,
    running ? `Healthy  ${services.join(', ')}` : 'Stopped  as it was before',
    `Next     ${context.printedCommand(running ? 'status' : 'demo all')}`,
  ];
  const records = [
    { body: `restored snapshot ${wanted}`, attributes: { 'passthru.snapshot': wanted, 'passthru.snapshot.hash': snapshot.hash } },
  ];
  printer.result({ document, lines: settings.verbosity === 'quiet' ? [] : lines, records });
  return EXIT.passed;
};

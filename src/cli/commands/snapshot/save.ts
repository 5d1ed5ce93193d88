import { startHealthy } from '#demo/health/bring-up/start-healthy.ts';
import { SERVICES } from '#engine/engine.ts';
import { steadyNow } from '#infra/jobs/clock.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { openStack } from '#stack/open-stack.ts';
import { saveSnapshot } from '#stack/snapshot/save-snapshot.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { runningParts } from '#cli/context/running-services.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { SnapshotSaveDocument } from '#cli/documents/snapshot.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { formatBytes, formatDuration } from '#cli/reporters/terminal/layout.ts';
import type { SNAPSHOT_SAVE_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { shortPath } from '#cli/shell/words.ts';
import { memberOf } from './snapshot-member.ts';

/** `passthru snapshot save`: the data of a stack, running or not, under a name. */
export const saveCommand = (call: CommandCall<string, typeof SNAPSHOT_SAVE_FLAGS>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted: nothing is saved.', second: 'Interrupted again.' }, (context) => save(context, call.argument));

const save = async (context: CommandContext<ValuesOf<typeof SNAPSHOT_SAVE_FLAGS>>, name: string): Promise<ExitCode> => {
  const { command, flags, settings, printer, interrupts, process } = context;
  const begun = steadyNow();
  await using stack = await openStack({ ...stackOptions(context), purpose: 'find', holder: `${command} ${name}` });
  const { engine } = stack;
  const parts = await runningParts(engine);
  const services = SERVICES.filter((service) => parts.includes(service));
  const saved = orThrow(
    await saveSnapshot({
      engine,
      stateDir: settings.stateDir,
      name,
      replace: flags.replace,
      now: process.now,
      signal: interrupts.first,
    }),
  );
  const { snapshot, heldMs, stopped } = saved;
  if (stopped) orThrow(await startHealthy({ engine, services, signal: interrupts.second, timeoutMs: settings.healthTimeout }));
  const durationMs = steadyNow() - begun;
  const document: SnapshotSaveDocument = {
    version: 1,
    command,
    exit_code: EXIT.passed,
    snapshot: memberOf(snapshot),
    duration_ms: Math.round(durationMs),
    held_ms: Math.round(heldMs * 10) / 10,
    stopped,
  };
  const size = `${formatBytes(snapshot.bytes)} in ${snapshot.files.length} files, in ${formatDuration(durationMs)}`;
  const lines = [
    `Saved    ${name}, ${size}${services.length === 0 ? '' : whileRunning(stopped)}`,
    `Hash     ${snapshot.hash}`,
    `Folder   ${shortPath(snapshot.folder, process.cwd)}, with secrets of the stack in it: readable by you only`,
    `Next     ${context.printedCommand(`snapshot restore ${name}`)}`,
  ];
  const records = [{ body: `saved snapshot ${name}`, attributes: { 'passthru.snapshot': name, 'passthru.snapshot.hash': snapshot.hash } }];
  printer.result({ document, lines: settings.verbosity === 'quiet' ? [snapshot.hash] : lines, records });
  return EXIT.passed;
};

const whileRunning = (stopped: boolean): string =>
  stopped ? '; the services were stopped for it, and run again' : '; the services went on';

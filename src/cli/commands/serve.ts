import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { createPrinter } from '#cli/reporters/create-printer.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import type { SERVE_FLAGS, SINK_FLAGS } from '#cli/settings/command-flags.ts';
import { bareCommand } from '#cli/settings/printed-command.ts';
import { readFlags } from '#cli/settings/read-rows.ts';

type ServeCall = CommandCall<undefined, typeof SERVE_FLAGS>;

// `passthru serve`: one server in the foreground; its signals are its own.

export const serveKms = (call: ServeCall): Promise<ExitCode | null> =>
  serve(call, async () => (await import('#kms/main.ts')).serveKms(serverOptions(call)));

export const serveIdentity = (call: ServeCall): Promise<ExitCode | null> =>
  serve(call, async () => (await import('#identity/main.ts')).serveIdentity(serverOptions(call)));

export const serveTelemetry = (call: CommandCall<undefined, typeof SINK_FLAGS>): Promise<ExitCode | null> =>
  serve(call, async () => {
    const { config } = readFlags(call.flags, call.stated, call.process.cwd);
    return (await import('#engine/embedded/otlp-sink/main.ts')).serveTelemetrySink({
      configFiles: config,
      nodeOptions: call.process.env['NODE_OPTIONS'],
    });
  });

const serverOptions = ({ flags, stated, process }: ServeCall) => {
  const { config, demo, resetDemo } = readFlags(flags, stated, process.cwd);
  return { configFiles: config, demo, resetDemo, nodeOptions: process.env['NODE_OPTIONS'] };
};

/** Starts a server; null when it listens: it is not at its end, and its own exit code stands. */
const serve = async (
  { command, process }: Pick<CommandCall, 'command' | 'process'>,
  start: () => Promise<void>,
): Promise<ExitCode | null> => {
  try {
    await start();
    return null;
  } catch (thrown) {
    const fields = thrown instanceof AppError ? thrown.fields : [];
    const printedCommand = bareCommand(process.env);
    const printer = createPrinter({ command, terminal: createTerminal(process), output: 'human', printedCommand, now: process.now });
    printer.failure(failureFrom(thrown), { fields, exitCode: EXIT.partial });
    return EXIT.partial;
  }
};

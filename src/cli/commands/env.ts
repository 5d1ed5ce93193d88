import { appendFile } from 'node:fs/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import { openStack } from '#stack/open-stack.ts';
import type { Stack } from '#stack/stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { runningParts } from '#cli/context/running-services.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { EnvDocument } from '#cli/documents/env.ts';
import { formatVariables } from '#cli/environment/formats.ts';
import { stackVariables } from '#cli/environment/stack-variables.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { ENV_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';

type Context = CommandContext<ValuesOf<typeof ENV_FLAGS>>;

/** `passthru env`: addresses, demo credentials and roots of the stack of this state folder, for other programs. */
export const env = (call: CommandCall<undefined, typeof ENV_FLAGS>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted.', second: 'Interrupted again.' }, printVariables);

const printVariables = async (context: Context): Promise<ExitCode> => {
  const { command, settings, flags, printer, process } = context;
  await using stack = await openStack({ ...stackOptions(context), purpose: 'find' });
  const parts = await runningParts(stack.engine);
  if (parts.length === 0) await tellThatNothingRuns(context, stack.engine);
  const variables = await stackVariables({ engine: stack.engine, stateDir: settings.stateDir, env: process.env });
  const text = formatVariables(variables, flags.format);
  const file = flags.format === 'github' ? process.env['GITHUB_ENV'] || undefined : undefined;
  if (file !== undefined) {
    await appendFile(file, text);
    if (settings.verbosity !== 'quiet') printer.remark(`The next steps of this job have ${Object.keys(variables).length} variables more`);
  }
  const document: EnvDocument = { version: 1, command, exit_code: EXIT.passed, variables: { ...variables } };
  printer.result({
    document,
    lines: file === undefined ? text.trimEnd().split('\n') : [],
    records: [{ body: `${Object.keys(variables).length} variables`, attributes: variables }],
  });
  return EXIT.passed;
};

/** @throws AppError `no-stack` where there never was one */
const tellThatNothingRuns = async ({ settings, printer }: Context, engine: Stack['engine']): Promise<void> => {
  if (!(await engine.hasData())) {
    throw new AppError('no-stack', 404, `there is no stack in ${settings.stateDir}`, { fix: 'Start one with `passthru up`.' });
  }
  if (settings.verbosity !== 'quiet') printer.remark('! nothing of this stack runs: `passthru up` starts it');
};

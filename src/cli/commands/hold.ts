import { isAbsolute, join } from 'node:path';
import { hold } from '#testing/holder/hold.ts';
import { linesOf } from '#testing/holder/lines-of.ts';
import { stackActs } from '#testing/holder/stack-acts.ts';
import type { Answer } from '#testing/protocol.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import { stackVariables } from '#cli/environment/stack-variables.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { usageError } from '#cli/settings/usage-error.ts';

/** `passthru hold`: keeps a stack for a process that runs tests, which speaks to it by stdin and stdout (`passthru/testing`). */
export const holdStack = (call: CommandCall): Promise<ExitCode> =>
  runCommand(
    // stdout is for answers, whatever form of result is usual here.
    { ...call, stated: { ...call.stated, output: 'human' } },
    { first: 'Told to end: taking the stack down.', second: 'Told again: the next start takes down what is left.' },
    holdUntilLetGo,
    { startsStack: true, hasOwnStack: true },
  );

const holdUntilLetGo = async (context: CommandContext): Promise<ExitCode> => {
  const { settings, interrupts, process } = context;
  if (settings.profile === 'prod') {
    throw usageError('the prod profile has no demo data, so there is nothing for tests to begin with', { fix: 'Use --profile demo.' });
  }
  const gone = new AbortController();
  const send = (answer: Answer): void => void process.out.write(`${JSON.stringify(answer)}\n`);
  const { stateDir, ports: _, ...options } = stackOptions(context);
  await using acts = stackActs({
    options: {
      ...options,
      engine: settings.engine,
      holder: 'tests',
      now: process.now,
      signal: AbortSignal.any([interrupts.first, gone.signal]),
    },
    projectStateDir: stateDir,
    seededFolder: seededFolder(process),
    variables: (engine, stateDir) => stackVariables({ engine, stateDir, env: process.env }),
    remark: (remark) => send({ remark }),
  });
  const chunks = process.stdin().iterator({ destroyOnReturn: false });
  await hold({ lines: linesOf(chunks, interrupts.first), acts, send, onEnd: () => gone.abort(new Error('nobody waits for it any more')) });
  return EXIT.passed;
};

/** `passthru/seeded` below $XDG_CACHE_HOME: it can be made anew at any time. Null where the user has no home either. */
const seededFolder = ({ env, home }: Pick<CliProcess, 'env' | 'home'>): string | null => {
  const configured = env['XDG_CACHE_HOME'] ?? '';
  const folder = isAbsolute(configured) ? configured : home === null ? null : join(home, '.cache');
  return folder === null ? null : join(folder, 'passthru', 'seeded');
};

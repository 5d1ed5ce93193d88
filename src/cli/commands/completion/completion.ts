import { unreachable } from '#infra/apperr/app-error.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandWords } from '#cli/command-line/words-of.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { Shell } from '#cli/shell/shells.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

/**
 * `passthru completion bash|zsh|fish`: a script that a shell sources, made from the rows of the commands. It holds every command, flag and
 * choice, so that a press of Tab starts no program but for what only the state folder knows.
 */
export const completion = (call: CommandCall<Shell>, program: CommandWords): Promise<ExitCode> => {
  call.process.out.write(scriptFor(call.argument, program));
  return Promise.resolve(EXIT.passed);
};

const scriptFor = (shell: Shell, program: CommandWords): string => {
  switch (shell) {
    case 'bash':
      return bashCompletion(program);
    case 'zsh':
      return zshCompletion(program);
    case 'fish':
      return fishCompletion(program);
    default:
      return unreachable(shell);
  }
};

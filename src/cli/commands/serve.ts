import { AppError, unreachable } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import type { ServeOptions } from '#infra/process/serve-options.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { tellFailure } from '#cli/reporters/answer.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import type { Surroundings } from '../surroundings.ts';

interface ServeCommand extends ServeOptions {
  readonly server: 'kms' | 'identity' | 'telemetry';
}

/** `passthru serve`: one server in the foreground; its signals are its own. */
export const serve = async (options: ServeCommand, { out, err, env, now }: Surroundings): Promise<ExitCode> => {
  try {
    await start(options);
    return EXIT.passed;
  } catch (thrown) {
    const fields = thrown instanceof AppError ? thrown.fields : [];
    const terminal = createTerminal({ out, err, env });
    tellFailure(
      { command: `serve ${options.server}`, failure: failureFrom(thrown), fields, exitCode: EXIT.partial },
      { terminal, output: 'human', now },
    );
    return EXIT.partial;
  }
};

const start = async ({ server, configFiles, demo, resetDemo }: ServeCommand): Promise<void> => {
  switch (server) {
    case 'kms':
      return (await import('#kms/main.ts')).serveKms({ configFiles, demo, resetDemo });
    case 'identity':
      return (await import('#identity/main.ts')).serveIdentity({ configFiles, demo, resetDemo });
    case 'telemetry':
      return (await import('#engine/embedded/otlp-sink/main.ts')).serveTelemetrySink({ configFiles });
    default:
      return unreachable(server);
  }
};

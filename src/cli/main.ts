import { Argument, Command, CommanderError } from 'commander';
import { DATABASES, SERVICES } from '#engine/engine.ts';
import { packageVersion } from '#infra/process/package-version.ts';
import { DEMO_EXAMPLES, demoFlags, FLAG_HELP, flagsOf, HEALTH_HELP, outputFlags, runFlags, stackFlags } from './options/command-flags.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { firstWords } from './reporters/first-words.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';

const TARGETS = ['kms', 'identity', 'all'] as const;

/** The command tree. A command's code is imported when it is called, so that the first words come at once. */
const commandTree = (surroundings: Surroundings, finish: (code: ExitCode) => void): Command => {
  const program = new Command('passthru')
    .description('Brings up a KMS, an Identity provider and their telemetry, and proves the stack with real flows.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void surroundings.out.write(text), writeErr: (text) => void surroundings.err.write(text) })
    .showSuggestionAfterError()
    .showHelpAfterError('(passthru --help tells what there is)')
    .addHelpText('after', FLAG_HELP);

  const demo = program.command('demo').description('bring up, seed, wait, verify, run the flows, report');
  demo.addArgument(new Argument('<what>', 'what to show').choices(TARGETS)).addHelpText('after', DEMO_EXAMPLES);
  demoFlags(runFlags(stackFlags(demo))).action(async (what, _options, command) => {
    firstWords(`demo ${what}`, flagsOf(command), surroundings);
    finish(await (await import('./commands/demo.ts')).demo({ what, flags: flagsOf(command), surroundings }));
  });

  const reset = program
    .command('reset-demo')
    .description('reset and reseed demo data on running servers, verified, rolled back on failure');
  reset.addArgument(
    new Argument('[what]', 'what must run; KMS and Identity share tenant ids, so whatever runs is reset').choices(TARGETS).default('all'),
  );
  runFlags(stackFlags(reset)).action(async (what, _options, command) => {
    firstWords(`reset-demo ${what}`, flagsOf(command), surroundings);
    finish(await (await import('./commands/reset-demo.ts')).resetDemoData({ what, flags: flagsOf(command), surroundings }));
  });

  const status = program.command('status').description('every service with state, uptime, address and, when red, the cause');
  outputFlags(stackFlags(status)).action(async (_options, command) =>
    finish(await (await import('./commands/status.ts')).status({ flags: flagsOf(command), surroundings })),
  );

  const logs = program.command('logs').description('what the services logged');
  logs.addArgument(new Argument('[part]', 'one service, or the database of one').choices([...SERVICES, ...DATABASES]));
  logs.option('-f, --follow', 'go on with what is logged from now on').option('--tail <lines>', 'only the last lines');
  outputFlags(stackFlags(logs)).action(async (part, { follow, tail }, command) =>
    finish(await (await import('./commands/logs.ts')).logs({ part, follow: follow === true, tail, flags: flagsOf(command), surroundings })),
  );

  const down = program.command('down').description('stop every service of the stack').option('--volumes', 'remove its data, too');
  outputFlags(stackFlags(down)).action(async ({ volumes }, command) =>
    finish(await (await import('./commands/down.ts')).down({ volumes: volumes === true, flags: flagsOf(command), surroundings })),
  );

  const prepare = program.command('prepare').description('make certificates and secrets, for plain Compose too, start nothing');
  outputFlags(stackFlags(prepare)).action(async (_options, command) =>
    finish(await (await import('./commands/prepare.ts')).prepare({ flags: flagsOf(command), surroundings })),
  );

  const health = program.command('health').description('ask one https URL whether its service is ready: the probe of a container');
  health.argument('<url>', 'for example https://localhost:8081/readyz').requiredOption('--ca <file>', 'PEM file of the authority to trust');
  health.option('--cert <file>', 'PEM file of a client certificate').option('--key <file>', 'PEM file of its key');
  health.addHelpText('after', HEALTH_HELP).action(async (url, { ca, cert, key }) => {
    finish(await (await import('./commands/health.ts')).health({ url, ca, cert, key, surroundings }));
  });

  const serve = program.command('serve').description('run one server in the foreground');
  for (const server of ['kms', 'identity', 'telemetry'] as const) {
    const one = serve.command(server, { hidden: server === 'telemetry' }).description(`run ${server} until it is told to stop`);
    one.requiredOption('--config <file...>', 'YAML files, each laid over the one before');
    if (server !== 'telemetry')
      one.option('--demo', 'seed the demo data that is missing').option('--reset-demo', 'reset the demo data first');
    one.action(async ({ config, demo: seed, resetDemo }) => {
      const { serve: run } = await import('./commands/serve.ts');
      const code = await run({ server, configFiles: config, demo: seed === true, resetDemo: resetDemo === true }, surroundings);
      // A server that listens is not at its end: its own exit code stands.
      if (code !== EXIT.passed) finish(code);
    });
  }
  return program;
};

/** Runs one command line; sets the exit code of the process and lets it end by itself. */
export const main = async (argv: readonly string[], surroundings = surroundingsOf(process)): Promise<void> => {
  try {
    await commandTree(surroundings, (code) => void (process.exitCode = code)).parseAsync([...argv], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    // Help and version end by an exception of code 0; everything else is a wrong command line.
    process.exitCode = thrown.exitCode === 0 ? EXIT.passed : EXIT.usage;
  }
};

import type { Command } from 'commander';
import { type AddCommand, buildProgram, command, commandGroup } from './command-line/build-program.ts';
import { DEMO_HELP, ENV_HELP, EXEC_HELP, HEALTH_HELP, PREPARE_HELP, TRUST_HELP, UNTRUST_HELP, UP_HELP } from './command-line/help-texts.ts';
import { COMPLETION_HELP, DOCTOR_HELP, PLAN_HELP } from './command-line/preflight-help.ts';
import { DOWN_HELP, RESET_DEMO_HELP, SERVE_IDENTITY_HELP, SERVE_KMS_HELP } from './command-line/stack-help.ts';
import { wordsOf } from './command-line/words-of.ts';
import { DRILL_COMMAND } from './commands/drill/command.ts';
import { OBSERVING_COMMANDS } from './commands/observing.ts';
import { EVIDENCE_COMMANDS } from './commands/evidence/commands.ts';
import { IDENTITY_COMMANDS } from './commands/identity/commands.ts';
import { OPERATOR_COMMANDS } from './commands/operator/commands.ts';
import { SNAPSHOT_COMMANDS } from './commands/snapshot/commands.ts';
import { type CliProcess, cliProcess } from './process/cli-process.ts';
import type { ExitCode, OthersExitCode } from './process/exit-codes.ts';
import {
  BEGIN_FLAGS,
  DOWN_FLAGS,
  ENV_FLAGS,
  HEALTH_FLAGS,
  PREPARE_FLAGS,
  SERVE_FLAGS,
  SINK_FLAGS,
  TRUST_FLAGS,
  UNTRUST_FLAGS,
} from './settings/command-flags.ts';
import { oneOf, text, words } from './settings/value-types.ts';
import { SHELLS } from './shell/shells.ts';

const TARGET = oneOf(['kms', 'identity', 'all'], 'what');

/**
 * The CLI, the only room that reads arguments, environment and terminal. A call goes: rows below → commander (command-line) →
 * `runCommand` (context), which resolves the settings and prepares printer and signals → the command (commands), on a stack →
 * events and results → reporters.
 *
 * This is every command, a row each; those of operators stand in `commands/operator`. Its code is imported when it is called, so that the first words come at once.
 */
const COMMANDS: readonly AddCommand[] = [
  command({
    name: 'demo',
    summary: 'bring up, seed, wait, verify, run the flows, report',
    argument: { spelling: '<what>', help: 'what to show', type: TARGET },
    settings: ['stack', 'output', 'run', 'start', 'demo'],
    help: DEMO_HELP,
    run: async (call) => (await import('./commands/demo.ts')).demo(call),
  }),
  command({
    name: 'up',
    summary: 'the stack without the flows: bring up, seed, wait until it is healthy',
    flags: BEGIN_FLAGS,
    settings: ['stack', 'output', 'run', 'start'],
    help: UP_HELP,
    run: async (call) => (await import('./commands/up.ts')).up(call),
  }),
  command({
    name: 'exec',
    summary: 'run a program against a stack of its own, pass its exit code on, tear down always',
    argument: { spelling: '<command...>', help: 'the program and its arguments, after --', type: words },
    flags: BEGIN_FLAGS,
    settings: ['start', 'exec'],
    help: EXEC_HELP,
    run: async (call) => (await import('./commands/exec/exec.ts')).exec(call),
  }),
  command({
    name: 'env',
    summary: 'addresses, demo credentials and roots of the stack, for other programs',
    flags: ENV_FLAGS,
    settings: ['stack', 'output'],
    help: ENV_HELP,
    run: async (call) => (await import('./commands/env.ts')).env(call),
  }),
  command({
    name: 'reset-demo',
    summary: 'reset and reseed demo data on running servers, verified, rolled back on failure',
    argument: {
      spelling: '[what]',
      help: 'what must run; every running server is reset, because KMS and Identity share tenant ids',
      type: TARGET,
      default: 'all',
    },
    settings: ['stack', 'output', 'run'],
    help: RESET_DEMO_HELP,
    run: async (call) => (await import('./commands/reset-demo.ts')).resetDemoData(call),
  }),
  ...OBSERVING_COMMANDS,
  DRILL_COMMAND,
  command({
    name: 'plan',
    summary: 'what demo would do here: engine, ports, images, certificates, data, steps and the time they take; starts nothing',
    argument: { spelling: '[what]', help: 'of which demo', type: TARGET, default: 'all' },
    settings: ['stack', 'output'],
    help: PLAN_HELP,
    run: async (call) => (await import('./commands/plan.ts')).plan(call),
  }),
  command({
    name: 'doctor',
    summary: 'preflight: all that a demo needs here, and how to mend what is wrong; changes nothing',
    settings: ['stack', 'output'],
    help: DOCTOR_HELP,
    run: async (call) => (await import('./commands/doctor.ts')).doctor(call),
  }),
  command({
    name: 'down',
    summary: 'stop every service of the stack',
    flags: DOWN_FLAGS,
    settings: ['stack', 'output'],
    help: DOWN_HELP,
    run: async (call) => (await import('./commands/down.ts')).down(call),
  }),
  command({
    name: 'prepare',
    summary: 'make certificates and secrets, also for plain Compose, and start nothing',
    flags: PREPARE_FLAGS,
    settings: ['stack', 'output', 'prepare'],
    help: PREPARE_HELP,
    run: async (call) => (await import('./commands/prepare.ts')).prepare(call),
  }),
  command({
    name: 'trust',
    summary: 'how browsers, languages and the system learn to trust the CA; with --install, set it',
    flags: TRUST_FLAGS,
    settings: ['stack', 'output'],
    help: TRUST_HELP,
    run: async (call) => (await import('./commands/trust/trust.ts')).trust(call),
  }),
  command({
    name: 'untrust',
    summary: 'take back what trust --install set',
    flags: UNTRUST_FLAGS,
    settings: ['stack', 'output'],
    help: UNTRUST_HELP,
    run: async (call) => (await import('./commands/trust/untrust.ts')).untrust(call),
  }),
  commandGroup('snapshot', 'the data of the whole stack, saved and brought back', SNAPSHOT_COMMANDS),
  ...EVIDENCE_COMMANDS,
  ...OPERATOR_COMMANDS,
  ...IDENTITY_COMMANDS,
  command({
    name: 'health',
    summary: 'ask one https URL whether its service is ready: the probe of a container',
    argument: { spelling: '<url>', help: 'for example https://localhost:8081/readyz', type: text('a URL', 'url') },
    flags: HEALTH_FLAGS,
    help: HEALTH_HELP,
    run: async (call) => (await import('./commands/health.ts')).health(call),
  }),
  command({
    name: 'hold',
    summary: 'keep a stack for a process that runs tests, until that ends',
    isHidden: true,
    settings: ['stack'],
    run: async (call) => (await import('./commands/hold.ts')).holdStack(call),
  }),
  command({
    name: 'completion',
    summary: 'a script by which a shell completes commands, flags and values',
    argument: { spelling: '<shell>', help: 'the shell that reads it', type: oneOf(SHELLS, 'shell') },
    help: COMPLETION_HELP,
    run: async (call) => (await import('./commands/completion/completion.ts')).completion(call, wordsOf(commandTree(call.process))),
  }),
  commandGroup('serve', 'run one server in the foreground', [
    command({
      name: 'kms',
      summary: 'run the KMS until it is told to stop',
      flags: SERVE_FLAGS,
      help: SERVE_KMS_HELP,
      run: async (call) => (await import('./commands/serve.ts')).serveKms(call),
    }),
    command({
      name: 'identity',
      summary: 'run Identity until it is told to stop',
      flags: SERVE_FLAGS,
      help: SERVE_IDENTITY_HELP,
      run: async (call) => (await import('./commands/serve.ts')).serveIdentity(call),
    }),
    command({
      name: 'telemetry',
      summary: 'run telemetry until it is told to stop',
      isHidden: true,
      flags: SINK_FLAGS,
      run: async (call) => (await import('./commands/serve.ts')).serveTelemetry(call),
    }),
  ]),
];

/** The whole command line; nothing of a command but its row is loaded. */
export const commandTree = (cli: CliProcess): Command => buildProgram(COMMANDS, { process: cli, finish });

const finish = (code: ExitCode | OthersExitCode): void => void (process.exitCode = code);

/** Runs one command line; sets the exit code of the process and lets it end by itself. */
export const main = async (argv: readonly string[], cli = cliProcess(process)): Promise<void> => {
  const program = commandTree(cli);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (thrown) {
    const { endWithUsage } = await import('./command-line/usage-errors.ts');
    finish(await endWithUsage(thrown, { program, argv, process: cli }));
  }
};
